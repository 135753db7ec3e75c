import type { InstalledPackage } from "../../domain/Package.ts"
import type { SubprocessRequest } from "../../host/Subprocess.ts"
import { managerApplyTimeout } from "../../schedules.ts"
import type { Wanted } from "../applyPlan.ts"
import { formatNevra } from "../rpm/nevra.ts"
import { read } from "./dnfCommands.ts"
import type { DnfDialect } from "./dnfDialect.ts"

/** What a transaction is about, as the command line names it. */
export interface Upgrade {
  readonly specs: ReadonlyArray<string>
  readonly allowRemovals: boolean
}

type Named = Wanted["targets"][number]

/** The package at exactly this version, as every program of the family takes it. */
export const exactSpec = ({ name, architecture, to }: Named): string =>
  formatNevra({ name, architecture, version: to })

/**
 * The words for packages of a plan. A package that changes its architecture is not found under the new one before it
 * has it (dnf5) nor under the old one, and what replaces another package is not found under its own name (dnf before
 * 4.14): both are upgrades of what is installed, by its name alone. `replaced` are the names of what has to go.
 */
export const specsOf = (
  targets: ReadonlyArray<Named>,
  installed: ReadonlyArray<Pick<InstalledPackage, "name" | "architecture">>,
  replaced: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const has = (name: string) => installed.some((row) => row.name === name)
  const specs = targets.flatMap((target) => {
    const { name, architecture } = target
    if (installed.some((row) => row.name === name && row.architecture === architecture)) {
      return [exactSpec(target)]
    }
    if (has(name)) return [name]
    const old = replaced.filter(has)
    return old.length === 0 ? [exactSpec(target)] : old
  })
  return [...new Set(specs)]
}

/**
 * `--best` makes dnf refuse what it cannot install, where it would otherwise leave it out and succeed; yum does so by
 * itself. A kernel comes beside the others although this says `upgrade`.
 */
const upgrade = (dialect: DnfDialect, { specs, allowRemovals }: Upgrade): ReadonlyArray<string> =>
  dialect.kind === "yum3"
    ? ["update-to", ...specs]
    : ["upgrade", "--best", ...(allowRemovals ? ["--allowerasing"] : []), ...specs]

/** What the upgrade would do. Exits with 1 although nothing is wrong, since nobody says yes. */
export const simulateUpgrade = (dialect: DnfDialect, wanted: Upgrade): SubprocessRequest =>
  read(dialect, "--assumeno", ...upgrade(dialect, wanted))

/**
 * A run that changes the system. It must see the metadata that the plan was made from, so none is downloaded that is
 * not missing; `--cacheonly` would forbid to download packages too. `--assumeyes` also accepts a key that
 * a repository names as its `gpgkey`, which is the administrator's word. dnf4 and yum are told not to wait for locks
 * because they would wait for ever.
 */
const perform = (dialect: DnfDialect, command: ReadonlyArray<string>): SubprocessRequest => ({
  program: dialect.program,
  args: [
    "--assumeyes",
    ...(dialect.kind === "dnf5" ? [] : ["--setopt=exit_on_lock=True"]),
    "--setopt=*.metadata_expire=never",
    "--setopt=*.skip_if_unavailable=True",
    ...command,
  ],
  timeout: managerApplyTimeout,
  env: {
    // Progress line by line, not when it has all ended.
    PYTHONUNBUFFERED: "1",
    // dnf5 cuts names to fit 80 columns otherwise; the variable was renamed in 5.4.4.
    FORCE_COLUMNS: "160",
    DNF5_FORCE_COLUMNS: "160",
  },
})

export const performUpgrade = (dialect: DnfDialect, wanted: Upgrade): SubprocessRequest =>
  perform(dialect, upgrade(dialect, wanted))

/**
 * Installs the same versions once more. Of a package that a killed transaction left in two versions this removes the
 * older one and runs the newer one's scripts; it is what `dnf remove --duplicates` does where that exists.
 */
export const performReinstall = (
  dialect: DnfDialect,
  packages: ReadonlyArray<Pick<InstalledPackage, "name" | "architecture" | "version">>,
): SubprocessRequest => perform(dialect, ["reinstall", ...packages.map(formatNevra)])

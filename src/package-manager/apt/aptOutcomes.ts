import type { InstallPlan, PackageOutcome } from "../../domain/InstallPlan.ts"
import type { PackageFault } from "../../domain/Package.ts"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageVersion } from "../../domain/Package.ts"
import type { DpkgRows } from "./dpkgQuery.ts"

const decodeVersion = Schema.decodeUnknownOption(PackageVersion)

/** States in which the files of the new version are, or may be, there, but not set up. */
const incomplete: ReadonlySet<PackageFault["state"]> = new Set([
  "half_configured",
  "unpacked",
  "half_installed",
  "reinstall_required",
])

interface Subject {
  readonly name: PackageOutcome["name"]
  readonly architecture: PackageOutcome["architecture"]
}

interface Found {
  readonly version?: PackageVersion
  readonly isIncomplete: boolean
}

/** What dpkg's database says of one package. A package may become architecture-independent, or cease to be. */
const find = ({ packages, faults }: DpkgRows, { name, architecture }: Subject): Found => {
  const row = packages.find(
    (candidate) =>
      candidate.name === name &&
      (candidate.architecture === architecture || candidate.architecture === "all" || architecture === "all"),
  )
  const fault = faults.find((candidate) => candidate.name === name)
  const version = row?.version ?? Option.getOrUndefined(decodeVersion(fault?.version))
  return {
    ...(version === undefined ? {} : { version }),
    isIncomplete: fault !== undefined && incomplete.has(fault.state),
  }
}

/** Whether the package is completely installed at this version. */
export const isInstalled = (rows: DpkgRows, row: Subject & { readonly to: string }): boolean => {
  const found = find(rows, row)
  return found.version === row.to && !found.isIncomplete
}

/** Packages that only wait to be configured: bystanders of another package's failure. */
export const bystanders = (rows: DpkgRows, guilty: ReadonlySet<string>): ReadonlyArray<string> =>
  rows.faults
    .filter(({ name, state }) => state !== "reinstall_required" && !guilty.has(name))
    .map(({ name }) => name)

/**
 * What became of each package of the plan, by what is installed now. `complaints` are the manager's words about
 * single packages; `otherwise` is said of one that is not where it should be and that nothing is known about.
 */
export const outcomesOf = (
  plan: InstallPlan,
  rows: DpkgRows,
  attempted: boolean,
  complaints: ReadonlyMap<string, string>,
  otherwise: string,
): ReadonlyArray<PackageOutcome> => {
  const outcome = (
    row: Subject & { readonly from?: PackageVersion },
    wanted: PackageVersion,
    goal: "install" | "remove",
  ) => {
    const found = find(rows, row)
    const verdict = (): PackageOutcome["outcome"] => {
      if (found.isIncomplete) return "half_configured"
      if (found.version === undefined)
        return row.from === undefined && goal === "install" ? "failed" : "removed"
      if (goal === "install" && found.version === wanted) return "installed"
      return attempted ? "failed" : "unchanged"
    }
    const result = verdict()
    const isAsWanted = result === (goal === "install" ? "installed" : "removed")
    const message = isAsWanted ? "" : (complaints.get(row.name) ?? otherwise)
    return {
      manager: "apt" as const,
      name: row.name,
      architecture: row.architecture,
      ...(row.from === undefined ? {} : { from: row.from }),
      wanted,
      ...(found.version === undefined ? {} : { found: found.version }),
      outcome: result,
      ...(message === "" ? {} : { message }),
    }
  }
  return [
    ...plan.installs.map((row) => outcome(row, row.to, "install")),
    ...plan.removals.map((row) => outcome(row, row.from, "remove")),
  ]
}

import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InstallPlan, PackageOutcome } from "../domain/InstallPlan.ts"
import {
  PackageVersion,
  type InstalledPackage,
  type ManagerId,
  type PackageFault,
} from "../domain/Package.ts"

const decodeVersion = Schema.decodeUnknownOption(PackageVersion)

/** States in which the files of the new version are, or may be, there, but not set up. */
const incomplete: ReadonlySet<PackageFault["state"]> = new Set([
  "half_configured",
  "unpacked",
  "half_installed",
  "reinstall_required",
  "duplicate",
])

/** What a package database says is installed, and what of it is not as it should be. */
export interface InstalledRows {
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly faults: ReadonlyArray<PackageFault>
}

interface Subject {
  readonly name: PackageOutcome["name"]
  readonly architecture: PackageOutcome["architecture"]
}

interface Found {
  readonly version?: PackageVersion
  readonly isIncomplete: boolean
}

/** What dpkg, rpm and apk, and pacman call a package that fits every architecture. */
const independent: ReadonlySet<string> = new Set(["all", "noarch", "any"])

/** A package may become architecture-independent with an update, or cease to be. */
export const sameArchitecture = (a: string, b: string): boolean =>
  a === b || independent.has(a) || independent.has(b)

/** What the database says of one package. Of several versions side by side, the wanted one counts. */
const find = ({ packages, faults }: InstalledRows, subject: Subject, wanted: string): Found => {
  const rows = packages.filter(
    ({ name, architecture }) => name === subject.name && sameArchitecture(architecture, subject.architecture),
  )
  const fault = faults.find(({ name }) => name === subject.name)
  const version =
    (rows.find((row) => row.version === wanted) ?? rows.at(-1))?.version ??
    Option.getOrUndefined(decodeVersion(fault?.version))
  return {
    ...(version === undefined ? {} : { version }),
    isIncomplete: fault !== undefined && incomplete.has(fault.state),
  }
}

/** Whether the package is completely installed at this version. */
export const isInstalled = (rows: InstalledRows, row: Subject & { readonly to: string }): boolean => {
  const found = find(rows, row, row.to)
  return found.version === row.to && !found.isIncomplete
}

/**
 * What became of each package of the plan, by what is installed now. `complaints` are the manager's words about
 * single packages; `otherwise` is said of one that is not where it should be and that nothing is known about.
 */
export const outcomesOf = (
  manager: ManagerId,
  plan: InstallPlan,
  rows: InstalledRows,
  attempted: boolean,
  complaints: ReadonlyMap<string, string>,
  otherwise: string,
): ReadonlyArray<PackageOutcome> => {
  const outcome = (
    row: Subject & { readonly from?: PackageVersion },
    wanted: PackageVersion,
    goal: "install" | "remove",
  ) => {
    const found = find(rows, row, wanted)
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
      manager,
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

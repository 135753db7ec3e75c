import type { InstalledPackage } from "../../domain/Package.ts"
import { compare } from "../../version/rpm.ts"
import type { Changes, Install } from "../planUpdates.ts"
import type { Solvable, Summary } from "./zypperSummary.ts"

/** The newest installed version of something that comes beside it, such as a kernel. */
const beside = (
  { name, architecture }: Solvable,
  installed: ReadonlyArray<InstalledPackage>,
): InstalledPackage | undefined =>
  installed
    .filter((row) => row.name === name && row.architecture === architecture)
    .toSorted((a, b) => compare(b.version, a.version))[0]

/** What zypper says it would do, as changes. A kernel that comes beside the present one updates the newest of them. */
export const changesOf = (summary: Summary, installed: ReadonlyArray<InstalledPackage>): Changes => {
  const install = (row: Solvable): Install => {
    const from = row.from?.version ?? beside(row, installed)?.version
    return {
      name: row.name,
      architecture: row.architecture,
      ...(from === undefined ? {} : { from }),
      to: row.version,
    }
  }
  return {
    installs: [...summary.upgrades, ...summary.installs].map(install),
    removals: summary.removals.map(({ name, architecture, version }) => ({
      name,
      architecture,
      from: version,
    })),
  }
}

import type { InstalledPackage } from "../../domain/Package.ts"
import { compare } from "../../version/rpm.ts"
import { sameArchitecture } from "../packageOutcomes.ts"
import type { Changes } from "../planUpdates.ts"
import type { TableRow, TransactionTable } from "./dnfTransactionTable.ts"

/** The installed version that a row comes in place of, or beside: the newest of the same architecture, if there is one. */
const versionBefore = (
  installed: ReadonlyArray<InstalledPackage>,
  { name, architecture }: TableRow,
): InstalledPackage["version"] | undefined => {
  const rows = installed.filter((row) => row.name === name)
  const same = rows.filter((row) => row.architecture === architecture)
  const candidates =
    same.length > 0 ? same : rows.filter((row) => sameArchitecture(row.architecture, architecture))
  return candidates.map(({ version }) => version).toSorted((a, b) => compare(b, a))[0]
}

/**
 * Of packages that are installed in several versions, such as kernels, the oldest goes when there are more than
 * `installonly_limit` allows. That is how they are upgraded, and no removal of the package.
 */
const makesRoom = (
  { name, replacedBy }: TransactionTable["removals"][number],
  { installs }: TransactionTable,
) => replacedBy === undefined && installs.some((row) => row.action === "install" && row.name === name)

/** A table as changes of what is installed. */
export const changesOf = (table: TransactionTable, installed: ReadonlyArray<InstalledPackage>): Changes => ({
  installs: table.installs.map((row) => {
    const from = versionBefore(installed, row)
    return {
      name: row.name,
      architecture: row.architecture,
      ...(from === undefined ? {} : { from }),
      to: row.version,
    }
  }),
  removals: table.removals
    .filter((row) => !makesRoom(row, table))
    .map(({ name, architecture, version }) => ({ name, architecture, from: version })),
})

/** Packages that would go and that nothing takes the place of. */
export const lossesOf = (table: TransactionTable): ReadonlyArray<TableRow> =>
  table.removals.filter((row) => row.replacedBy === undefined && !makesRoom(row, table))

import * as Effect from "effect/Effect"
import type { PartialReason } from "../../domain/Scan.ts"
import { ManagerError, type Inventory } from "../PackageManager.ts"
import { aptPaths, installedPackages } from "./aptCommands.ts"
import { notRun } from "./aptFailure.ts"
import { complaintOf } from "./aptMessages.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { dpkgFormat, parseDpkgRows } from "./dpkgQuery.ts"

/** The reason for lines that were passed over, if there were any. */
export const notUnderstood = (what: string, count: number): ReadonlyArray<PartialReason> =>
  count === 0
    ? []
    : [
        {
          manager: "apt",
          code: "lines_not_understood",
          detail: `lines of ${what} not understood: ${count}`,
          count,
        },
      ]

/** The reason for output beyond the limit that a program may fill. */
export const cutShort = (what: string, truncated: boolean): ReadonlyArray<PartialReason> =>
  truncated
    ? [{ manager: "apt", code: "collector_failed", detail: `the output of ${what} is too long to be read` }]
    : []

const damaged = (operation: string, detail: string) =>
  new ManagerError({ manager: "apt", operation, reason: "database_damaged", detail })

/**
 * All packages that dpkg has a record of. dpkg itself is one of them, so an answer without any package means that
 * the database was lost, although dpkg-query then exits with 0.
 */
export const collectInventory = Effect.fnUntraced(function* (
  { subprocess, fs }: AptReadDependencies,
  operation: string,
) {
  const result = yield* subprocess.run(installedPackages(dpkgFormat)).pipe(notRun(operation))
  if (result.exitCode !== 0) return yield* damaged(operation, complaintOf(result))
  const rows = parseDpkgRows(result.stdout)
  if (rows.packages.length === 0) {
    const former = yield* Effect.orElseSucceed(fs.exists(aptPaths.formerStatus), () => false)
    const remedy = former ? `; ${aptPaths.formerStatus} holds the former one` : ""
    return yield* damaged(operation, `${aptPaths.status} is missing or records no installed package${remedy}`)
  }
  return {
    packages: rows.packages,
    faults: rows.faults,
    reasons: [
      ...notUnderstood("dpkg-query", rows.notUnderstood),
      ...cutShort("dpkg-query", result.truncated),
    ],
  } satisfies Inventory
})

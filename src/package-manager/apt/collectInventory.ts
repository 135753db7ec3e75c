import * as Effect from "effect/Effect"
import { ManagerError, type Inventory } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import { aptPaths, installedPackages } from "./aptCommands.ts"
import { notRun } from "./aptFailure.ts"
import { complaintOf } from "./aptMessages.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { dpkgFormat, parseDpkgRows } from "./dpkgQuery.ts"

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
      ...notUnderstood("apt", "dpkg-query", rows.notUnderstood),
      ...cutShort("apt", "dpkg-query", result.truncated),
    ],
  } satisfies Inventory
})

import * as Effect from "effect/Effect"
import type { ManagerError, ManagerHealth } from "../PackageManager.ts"
import { collectRpmInventory, databaseDamage } from "../rpm/rpmDatabase.ts"
import { collectIndexes } from "./collectIndexes.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import { dnfLockHolders } from "./dnfLocks.ts"

/**
 * The state of the rpm database, of the locks and of the indexes. A lost database is damage, not a failure. Not
 * `dnf check`, which goes through all dependencies of all packages: rpm itself tells packages left in two versions.
 */
export const collectHealth = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
): Effect.fn.Return<ManagerHealth, ManagerError> {
  const damage: Array<string> = []
  const inventory = yield* collectRpmInventory(dependencies, "dnf", "health").pipe(
    Effect.catchTag("ManagerError", (error) => {
      if (error.reason !== "database_damaged") return Effect.fail(error)
      damage.push(error.detail)
      return Effect.succeed({ faults: [] })
    }),
  )
  const locks = yield* dnfLockHolders(dependencies.fs)
  // A database that is being written to looks damaged.
  if (dependencies.isRoot && locks.length === 0) damage.push(...(yield* databaseDamage(dependencies)))
  const indexes = yield* Effect.orElseSucceed(
    Effect.map(collectIndexes(dependencies, "health"), ({ states }) => states),
    () => [],
  )
  return {
    faults: inventory.faults,
    locks,
    indexes,
    ...(damage.length === 0 ? {} : { damage: damage.join("\n") }),
  }
})

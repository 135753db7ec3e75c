import * as Effect from "effect/Effect"
import type { PackageFault } from "../../domain/Package.ts"
import { lockHolders } from "../lockHolders.ts"
import type { ManagerError, ManagerHealth } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { apkPaths } from "./apkCommands.ts"
import { findDamage } from "./apkTrial.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { readInstalled } from "./collectInventory.ts"

/**
 * The state of the package database, of its lock and of the indexes. A lost database is damage, not a failure, and so
 * is a world that apk cannot satisfy with what is installed. A database without apk has nothing to check.
 */
export const collectHealth = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
): Effect.fn.Return<ManagerHealth, ManagerError> {
  const damage: Array<string> = []
  const faults: Array<PackageFault> = []
  const installed = yield* readInstalled(dependencies, "health").pipe(
    Effect.catchIf(
      ({ reason }) => reason === "database_damaged",
      (error) => Effect.sync(() => void damage.push(error.detail)),
    ),
  )
  if (installed !== undefined) {
    faults.push(...installed.faults)
    if (installed.notUnderstood > 0) {
      damage.push(`${apkPaths.installed} has ${installed.notUnderstood} lines or records that are not sound`)
    }
    const found = yield* Effect.orElseSucceed(findDamage(dependencies, "health"), () => undefined)
    if (found !== undefined) damage.push(`apk: ${found}`)
  }
  const indexes = yield* Effect.orElseSucceed(
    Effect.map(collectIndexes(dependencies, "health"), ({ states }) => states),
    () => [],
  )
  return {
    faults,
    locks: yield* lockHolders(dependencies.fs, [apkPaths.lock]),
    indexes,
    ...(damage.length === 0 ? {} : { damage: damage.join("\n") }),
  }
})

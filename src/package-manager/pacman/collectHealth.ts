import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ManagerError, ManagerHealth } from "../PackageManager.ts"
import { shortened } from "../outputText.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { installedPackages } from "./collectInventory.ts"
import { databaseCheck } from "./pacmanCommands.ts"
import { readLock, staleLock } from "./pacmanLock.ts"
import { errorsOf } from "./pacmanMessages.ts"

/**
 * The state of the package database, of its lock and of the repositories' databases. `pacman -Dk` finds missing entries
 * and broken dependencies, but neither a `desc` that says nothing nor that all is lost: these are read from the database.
 */
export const collectHealth = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  isRoot: boolean,
): Effect.fn.Return<ManagerHealth, ManagerError> {
  const damage: Array<string> = []
  const { faults } = yield* installedPackages(dependencies, "health").pipe(
    Effect.catchTag("ManagerError", ({ detail }) => {
      damage.push(detail)
      return Effect.succeed({ faults: [] })
    }),
  )
  // A database without pacman has nothing to check; its absence is not damage.
  const check = Option.getOrUndefined(yield* Effect.option(dependencies.subprocess.run(databaseCheck)))
  if (check !== undefined && check.exitCode !== 0) {
    damage.push(shortened(`pacman -Dk: ${errorsOf(check.stderr).join("; ")}`))
  }
  const lock = yield* readLock(dependencies.fs, isRoot)
  if (lock.kind === "stale") damage.push(`${staleLock.detail}. ${staleLock.remedy}`)
  const indexes = yield* Effect.orElseSucceed(
    Effect.map(collectIndexes(dependencies, "health"), ({ states }) => states),
    () => [],
  )
  return {
    faults,
    locks: lock.kind === "held" ? [lock.holder] : [],
    indexes,
    ...(damage.length === 0 ? {} : { damage: damage.join("\n") }),
  }
})

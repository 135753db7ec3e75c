import * as Effect from "effect/Effect"
import type { ReadDependencies } from "../preflight.ts"
import { collectRpmInventory, withHolds } from "../rpm/rpmDatabase.ts"
import { zypperPaths } from "./zypperCommands.ts"
import { isLocked, parseLocks } from "./zyppLocks.ts"

/** What the administrator has locked. A host without a file of locks has none. */
export const readLocks = ({ fs }: ReadDependencies) =>
  Effect.map(
    Effect.orElseSucceed(fs.readFileString(zypperPaths.locks), () => ""),
    parseLocks,
  )

/** All installed packages, with those marked that a lock keeps as they are. */
export const collectInventory = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
) {
  const locks = yield* readLocks(dependencies)
  const inventory = yield* collectRpmInventory(dependencies, "zypper", operation)
  return withHolds(inventory, (row) => isLocked(locks, row))
})

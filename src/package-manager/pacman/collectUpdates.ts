import * as Effect from "effect/Effect"
import type { ManagerError, UpdateListing } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectUpgrade } from "./collectUpgrade.ts"
import { availableUpdates } from "./pacmanUpdates.ts"

/** Everything newer than what is installed, and why it is not to be had where it is not. */
export const collectUpdates = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
): Effect.fn.Return<UpdateListing, ManagerError> {
  const pending = yield* collectUpgrade(dependencies, "updates")
  const listed = availableUpdates(pending, false)
  return {
    updates: listed.updates,
    indexes: pending.indexes.states,
    reasons: [...pending.reasons, ...notUnderstood("pacman", "the update listing", listed.notUnderstood)],
  }
})

import * as Effect from "effect/Effect"
import { ExecutorClient } from "../command/ExecutorClient.ts"

/**
 * Carries statements about new command keys to the executor, in their order. False when it could not be asked: commands
 * that are signed with the new keys must wait then, because a refusal would be their last word.
 */
export const followRotations = Effect.fn("followRotations")(function* (statements: ReadonlyArray<string>) {
  const executor = yield* ExecutorClient
  for (const statement of statements) {
    const followed = yield* executor.rotate(statement).pipe(
      Effect.as(true),
      Effect.tap(() => Effect.logInfo("keys.rotated")),
      Effect.catchTags({
        KeysRefused: (error) => Effect.as(Effect.logError("keys.refused", error), true),
        ExecutorUnavailable: (error) => Effect.as(Effect.logWarning("keys.not_rotated", error), false),
      }),
    )
    if (!followed) return false
  }
  return true
})

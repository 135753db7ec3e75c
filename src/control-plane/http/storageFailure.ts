import * as Effect from "effect/Effect"
import { Unavailable } from "../../protocol/Problems.ts"
import type { PersistenceError } from "../persistence/PersistenceError.ts"

/** What a storage failure looks like from outside; the cause is for the log. */
export const toUnavailable = (error: PersistenceError): Effect.Effect<never, Unavailable> =>
  Effect.logError("storage.failed", error).pipe(
    Effect.annotateLogs({ reason: error.reason }),
    Effect.andThen(Effect.fail(new Unavailable({ detail: error.message }))),
  )

import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CliError from "effect/cli/CliError"

/** One line on stderr for what an operator can act on; the whole cause for a bug. */
export const reportFailure = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  if (Cause.hasDies(cause)) return Console.error(Cause.pretty(cause))
  const error = Cause.squash(cause)
  // Its help and messages are on the terminal already.
  if (CliError.isCliError(error)) return Effect.void
  return Console.error(`patchctl-control-plane: ${error instanceof Error ? error.message : String(error)}`)
}

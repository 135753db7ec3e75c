import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { compareReleases } from "../domain/Release.ts"
import { healthProbeInterval } from "../schedules.ts"
import { BeatWitness } from "./BeatWitness.ts"
import { type Conclusion, settled } from "./Conclusion.ts"
import { ServiceControl } from "./ServiceControl.ts"
import { Slots } from "./Slots.ts"
import { UpdateMemory } from "./UpdateMemory.ts"
import type { UpdateFilesError } from "./UpdateFilesError.ts"
import type { UpdateState, UpdateStep } from "./UpdateState.ts"

/** On a full disk it is more important to go on than to write it down: `resumption` needs no more than the step before. */
const asFarAsPossible = <R>(effect: Effect.Effect<void, UpdateFilesError, R>) =>
  effect.pipe(Effect.catch((error) => Effect.logWarning("update.not_written", error)))

/** Puts the version from before to use again and starts it. The version that failed is remembered. */
export const goBack = Effect.fn("goBack")(function* (state: UpdateState, step: UpdateStep, reason: string) {
  const memory = yield* UpdateMemory
  const slots = yield* Slots
  const service = yield* ServiceControl
  const { from, to } = step
  const returning: UpdateState = { ...state, step: { ...step, name: "returning", reason } }
  yield* Effect.logWarning("update.returning").pipe(Effect.annotateLogs({ from: to, to: from, reason }))
  yield* asFarAsPossible(memory.write(returning))

  const returned = yield* Effect.result(Effect.andThen(slots.switchTo(from), service.restart))
  if (Result.isFailure(returned)) {
    const conclusion: Conclusion = {
      outcome: "return_incomplete",
      detail: `${reason}, and ${from} could not be brought back: ${returned.failure.message}. The next attempt tries again`,
      state: returning,
    }
    return conclusion
  }
  yield* asFarAsPossible(slots.keepOnly(from))
  const highest = state.failed !== undefined && compareReleases(state.failed, to) > 0 ? state.failed : to
  const conclusion: Conclusion = {
    outcome: "returned",
    detail: `${reason}; ${from} runs again, and ${to} is not tried again until there is a higher version`,
    state: { ...settled(state), failed: highest },
  }
  return conclusion
})

/** Starts the version in use and waits for a heartbeat of it; without one the version from before comes back. */
export const prove = Effect.fn("prove")(function* (
  state: UpdateState,
  before: UpdateStep,
  window: Duration.Duration,
) {
  const memory = yield* UpdateMemory
  const slots = yield* Slots
  const service = yield* ServiceControl
  const witness = yield* BeatWitness
  const step: UpdateStep = { ...before, name: "proving", attempts: before.attempts + 1 }
  const { from, to } = step
  yield* asFarAsPossible(memory.write({ ...state, step }))

  // An updater that was killed while it waited may have missed the good news.
  if (!(yield* witness.hasBeaten(to))) {
    const restarted = yield* Effect.result(service.restart)
    if (Result.isFailure(restarted)) return yield* goBack(state, step, restarted.failure.message)
    const beaten = yield* witness
      .hasBeaten(to)
      .pipe(
        Effect.repeat({ until: (beats) => beats, schedule: Schedule.spaced(healthProbeInterval) }),
        Effect.timeoutOption(window),
      )
    if (Option.isNone(beaten)) {
      const reason = `${to} sent no heartbeat within ${Duration.format(window)}`
      return yield* goBack(state, step, reason)
    }
  }
  yield* asFarAsPossible(slots.keepOnly(to, from))
  const conclusion: Conclusion = {
    outcome: "updated",
    detail: `${from} was replaced by ${to}, which has sent a heartbeat`,
    state: settled(state),
  }
  return conclusion
})

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"

/**
 * Every retry, repeat and timeout of the agent by name. Retries use full jitter (a delay drawn evenly between 0
 * and the exponential step) so that a fleet that lost its server does not come back in one wave.
 */

/** What an error says about trying again. */
export interface Retryable {
  readonly retryable?: boolean
  readonly retryAfterSeconds?: number | undefined
}

/** The longest Retry-After that is waited for inside one round; a longer one ends it and delays the next. */
export const retryAfterWithinRound = Duration.seconds(30)

const worthRetrying = (error: Retryable) =>
  error.retryable === true && (error.retryAfterSeconds ?? 0) <= Duration.toSeconds(retryAfterWithinRound)

/**
 * One request to the control plane: at most 4 more tries within 90 s, full jitter below 1 s doubling to 20 s,
 * only when the error says it may help, never sooner than the server's Retry-After.
 */
export const controlPlaneRetry = Schedule.min([
  Schedule.exponential("1 second"),
  Schedule.spaced("20 seconds"),
]).pipe(
  Schedule.setInputType<Retryable>(),
  Schedule.while(({ input }) => worthRetrying(input)),
  Schedule.modifyDelay(({ input, duration }) =>
    Effect.map(Random.next, (share) =>
      Duration.max(Duration.times(duration, share), Duration.seconds(input.retryAfterSeconds ?? 0)),
    ),
  ),
  Schedule.upTo({ times: 4, duration: "90 seconds" }),
)

/** From connecting to the last byte of one request. */
export const requestTimeout = Duration.seconds(30)

/** Between beats after the licence key or this agent was refused. */
export const refusedInterval = Duration.minutes(15)

/** A question to a package manager that reads local files. */
export const managerReadTimeout = Duration.minutes(3)

/** A metadata download. */
export const managerRefreshTimeout = Duration.minutes(10)

/** A package transaction: after this it is reported as still running, never killed. */
export const managerApplyTimeout = Duration.hours(2)

/** How long a transaction waits for another program's package lock. */
export const managerLockTimeout = Duration.minutes(3)

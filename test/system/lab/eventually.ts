import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"

/** Something that had to come true within its time did not. */
export class NeverHappened extends Schema.TaggedError<NeverHappened>()("NeverHappened", {
  what: Schema.String,
  last: Schema.String,
}) {
  override get message() {
    return `never happened: ${this.what} (last seen: ${this.last})`
  }
}

/** Real programs know nothing of a test's clock: whatever waits for them waits in real time, also under `it.effect`. */
export const onRealClock = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(self, Clock.Clock, Clock.Clock.defaultValue())

/** Asks `probe` every 20 ms until its answer satisfies `until`; gives up after `timeout` (10 s). */
export const eventually = <A, E, R>(
  what: string,
  probe: Effect.Effect<A, E, R>,
  until: (answer: A) => boolean,
  timeout: Duration.Input = "10 seconds",
): Effect.Effect<A, E | NeverHappened, R> =>
  Effect.suspend(() => {
    let last = "nothing"
    return probe.pipe(
      Effect.tap((answer) => Effect.sync(() => (last = JSON.stringify(answer) ?? "undefined"))),
      Effect.repeat({ until, schedule: Schedule.spaced("20 millis") }),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.suspend(() => Effect.fail(new NeverHappened({ what, last }))),
      }),
    )
  }).pipe(onRealClock)

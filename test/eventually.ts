import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
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

/** Far more than it takes, because the machine may be busy with other tests, or shared with other machines. */
const patience = "3 minutes"

/** Real programs know nothing of a test's clock: whatever waits for them waits in real time, also under `it.effect`. */
export const onRealClock = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(self, Clock.Clock, Clock.Clock.defaultValue())

/** Asks `probe` every 50 ms until its answer satisfies `until`. */
export const eventually = <A, E, R>(
  what: string,
  probe: Effect.Effect<A, E, R>,
  until: (answer: A) => boolean,
  timeout: Duration.Input = patience,
): Effect.Effect<A, E | NeverHappened, R> =>
  Effect.suspend(() => {
    let last = "nothing"
    return probe.pipe(
      Effect.tap((answer) => Effect.sync(() => (last = Formatter.formatJson(answer).slice(0, 2000)))),
      Effect.repeat({ until, schedule: Schedule.spaced("50 millis") }),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.suspend(() => Effect.fail(new NeverHappened({ what, last }))),
      }),
    )
  }).pipe(onRealClock)

/** Asks `probe` until there is something. */
export const appears = <A, E, R>(
  what: string,
  probe: Effect.Effect<Option.Option<A>, E, R>,
  timeout?: Duration.Input,
): Effect.Effect<A, E | NeverHappened, R> =>
  Effect.flatMap(eventually(what, probe, Option.isSome, timeout), (found) =>
    Effect.mapError(Effect.fromOption(found), () => new NeverHappened({ what, last: "nothing" })),
  )

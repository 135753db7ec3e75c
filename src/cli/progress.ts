import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { durationText } from "./timeText.ts"

/** Shows on stderr what is going on and for how long, and takes it away again; nothing where nobody watches. */
export const withProgress =
  (label: string) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio.Stdio> =>
    Effect.gen(function* () {
      const stdio = yield* Stdio.Stdio
      if (!(yield* stdio.stderrIsTerminal)) return yield* work
      const say = (text: string) =>
        Effect.ignore(Stream.run(Stream.make(`\r\u{1b}[K${text}`), stdio.stderr({ endOnDone: false })))
      const seconds = yield* Ref.make(0)
      const tick = Effect.flatMap(
        Ref.getAndUpdate(seconds, (passed) => passed + 1),
        (passed) => say(passed === 0 ? `${label} …` : `${label} … ${durationText(passed)}`),
      )
      yield* Effect.forkScoped(Effect.repeat(tick, Schedule.spaced("1 second")))
      return yield* Effect.ensuring(work, say(""))
    }).pipe(Effect.scoped)

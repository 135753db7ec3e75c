import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { isRunning, lastWords, type Program } from "./programs.ts"

export class NotReached extends Schema.TaggedError<NotReached>()("NotReached", {
  program: Schema.String,
  running: Schema.Boolean,
  log: Schema.String,
}) {
  override get message() {
    return `${this.program} ${this.running ? "did not get there in two minutes" : "ended"}; its log ends with:\n${this.log}`
  }
}

/** Looks again and again until there is something, as long as the program lives. */
export const waitFor = <A, E, R>(program: Program, look: Effect.Effect<Option.Option<A>, E, R>) =>
  Effect.gen(function* () {
    const seen = yield* Effect.all({ found: look, running: isRunning(program) }).pipe(
      Effect.repeat({
        while: ({ found, running }) => Option.isNone(found) && running,
        schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo({ duration: "2 minutes" })),
      }),
      Effect.andThen(Effect.all({ found: look, running: isRunning(program) })),
    )
    if (Option.isSome(seen.found)) return seen.found.value
    return yield* new NotReached({
      program: program.name,
      running: seen.running,
      log: yield* lastWords(program),
    })
  })

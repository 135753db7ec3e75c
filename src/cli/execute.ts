import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import { Executor } from "../executor/Executor.ts"
import { exitCodesText } from "./exitCodes.ts"
import { envelopeLimitBytes } from "../protocol/CommandEnvelope.ts"
import { ExecutorEvent, ExecutorRequest } from "../protocol/ExecutorMessages.ts"

/** What came on stdin is no request. Nothing was run. */
export class RequestNotUnderstood extends Schema.TaggedError<RequestNotUnderstood>()(
  "RequestNotUnderstood",
  {},
) {
  override get message() {
    return 'expected one line on stdin: {"kind":"command","envelope":"…"}. The daemon starts the executor; you do not need to'
  }
}

const decodeRequest = Schema.decodeUnknownEffect(Schema.fromJsonString(ExecutorRequest), {
  onExcessProperty: "error",
})
const encodeEvent = Schema.encodeEffect(Schema.fromJsonString(ExecutorEvent))

const print = (event: ExecutorEvent) => Effect.flatMap(Effect.orDie(encodeEvent(event)), Console.log)

/** The first line of stdin; a longer one than any envelope is cut, and then not understood. */
const firstLine = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  const line = yield* Stream.limitBytes(stdio.stdin, envelopeLimitBytes + 4096, () => Stream.empty).pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runHead,
  )
  return Option.getOrElse(line, () => "")
})

/** `patchctl-agent execute`: one command envelope in, progress and one result out, as NDJSON. */
export const execute = Command.make(
  "execute",
  {},
  Effect.fn("execute")(function* () {
    const executor = yield* Executor
    const { envelope } = yield* firstLine.pipe(
      Effect.flatMap(decodeRequest),
      Effect.mapError(() => new RequestNotUnderstood()),
    )
    const result = yield* executor.execute(envelope, (progress) => print({ kind: "progress", ...progress }))
    yield* print({ kind: "result", result })
  }),
).pipe(
  Command.withShortDescription("Carry out one signed command from stdin (started by the daemon)"),
  Command.withDescription(
    `Reads one command envelope from stdin, verifies it against the pinned keys, carries it out, and writes progress and one result to stdout as NDJSON.\n\n${exitCodesText({ 0: "a result was written, whatever it says", 1: "nothing was run" })}`,
  ),
)

import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import { answerLocal, answerSigned, type FinalEvent } from "../executor/answerRequest.ts"
import { ambiguity } from "../executor/strictJson.ts"
import { ExecutorEvent, ExecutorRequest, requestLimitBytes } from "../protocol/ExecutorMessages.ts"
import { executorRequestTimeout } from "../schedules.ts"
import { exitCodesText, usageCodes } from "./exitCodes.ts"
import { outliveAsker } from "./outliveAsker.ts"

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

/** The first line of stdin; a longer one than any request is cut, and then not understood. */
const firstLine = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  const line = yield* Stream.limitBytes(stdio.stdin, requestLimitBytes, () => Stream.empty).pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runHead,
  )
  return Option.getOrElse(line, () => "")
})

/** Nothing more is read; a peer that keeps its end open must not keep this process from ending. */
const leaveStdin = Effect.sync(() => {
  // A file, as in a shell's redirection, has no such method and needs none.
  if ("unref" in process.stdin) process.stdin.unref()
})

/** The request on stdin, which may be a socket that somebody holds open without a word. */
const readRequest = firstLine.pipe(
  Effect.ensuring(leaveStdin),
  Effect.timeout(executorRequestTimeout),
  Effect.filterOrFail((line) => ambiguity(line) === undefined),
  Effect.flatMap(decodeRequest),
  Effect.mapError(() => new RequestNotUnderstood()),
)

type Failure = { readonly message: string }
type Needs<Program> = Program extends Effect.Effect<unknown, unknown, infer R> ? R : never

/** What answers are made with. Each is built for a request that needs it: a damaged ledger stops no scan. */
export interface ExecutorLayers<E extends Failure, R> {
  readonly signed: Layer.Layer<Needs<ReturnType<typeof answerSigned>>, E, R>
  readonly local: Layer.Layer<Needs<ReturnType<typeof answerLocal>>, E, R>
}

/** `patchctl-agent execute`: one request in, progress and one last event out, as NDJSON. */
export const execute = <E extends Failure, R>({ signed, local }: ExecutorLayers<E, R>) =>
  Command.make(
    "execute",
    {},
    Effect.fn("execute")(function* () {
      yield* outliveAsker
      const request = yield* readRequest
      const answer: Effect.Effect<FinalEvent, Failure, R> =
        request.kind === "local"
          ? Effect.provide(answerLocal(request.operation), local)
          : Effect.provide(
              answerSigned(request, (progress) => print({ kind: "progress", ...progress })),
              signed,
            )
      const event = yield* answer.pipe(
        Effect.catch(({ message }) =>
          Effect.as(Console.error(`patchctl: ${message}`), { kind: "unavailable", detail: message } as const),
        ),
      )
      yield* print(event)
    }),
  ).pipe(
    Command.withShortDescription("Answer one request from stdin as root (started by the daemon)"),
    Command.withDescription(
      `Reads one request from stdin: a signed command, a question that changes nothing, or the keys to obey. Verifies it against the pinned keys, carries it out, and writes progress and one answer to stdout as NDJSON.\n\n${exitCodesText({ 0: "an answer was written, whatever it says", 1: "the request was not understood, nothing was run" }, usageCodes)}`,
    ),
  )

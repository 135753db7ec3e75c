import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { envelopeLimitBytes } from "../protocol/CommandEnvelope.ts"
import { ExecutorEvent, ExecutorRequest } from "../protocol/ExecutorMessages.ts"
import { executorCollectTimeout, executorKeysTimeout, managerApplyTimeout } from "../schedules.ts"
import { ExecutorClient, ExecutorUnavailable, KeysRefused } from "./ExecutorClient.ts"

/** One request to an executor, as text. */
export interface Errand {
  /** The request line, complete. */
  readonly input: string
  readonly timeout: Duration.Duration
  /** Called with each line of the answer as it comes; of a very long one with its beginning. */
  readonly onLine: (line: string) => Effect.Effect<void>
}

/** All that an executor wrote, and where to look for more when it says nothing of use. */
export interface Answer {
  readonly text: string
  readonly otherwise: string
}

/** A way to an executor: carries one request there and its answer back. */
export type Carrier = (errand: Errand) => Effect.Effect<Answer, ExecutorUnavailable>

type LastEvent = Exclude<ExecutorEvent, { readonly kind: "progress" }>

const encodeRequest = Schema.encodeEffect(Schema.fromJsonString(ExecutorRequest))
const decodeEvent = Schema.decodeUnknownOption(Schema.fromJsonString(ExecutorEvent))

const isLast = (event: ExecutorEvent): event is LastEvent => event.kind !== "progress"

const silence = () => Effect.void

/** The executor at the other end of `carry`, whatever way that is. */
export const askExecutor = (carry: Carrier): ExecutorClient["Service"] => {
  const ask = Effect.fnUntraced(function* (
    request: ExecutorRequest,
    timeout: Duration.Duration,
    report: (step: string) => Effect.Effect<void>,
  ) {
    const line = yield* Effect.orDie(encodeRequest(request))
    const { text, otherwise } = yield* carry({
      input: `${line}\n`,
      timeout,
      onLine: (told) =>
        Option.match(decodeEvent(told), {
          onNone: () => Effect.void,
          onSome: (event) => (event.kind === "progress" ? report(event.step) : Effect.void),
        }),
    })
    const [answer] = text
      .split("\n")
      .flatMap((told) => Option.toArray(decodeEvent(told)))
      .filter(isLast)
    if (answer === undefined) return yield* new ExecutorUnavailable({ detail: otherwise })
    if (answer.kind === "unavailable") return yield* new ExecutorUnavailable({ detail: answer.detail })
    return answer
  })

  const unexpected = ({ kind }: LastEvent) =>
    new ExecutorUnavailable({
      detail: `it answered ${kind} to another question: agent and executor are of different versions, restart the agent`,
    })

  const changePins = Effect.fnUntraced(function* (request: ExecutorRequest) {
    const answer = yield* ask(request, executorKeysTimeout, silence)
    if (answer.kind === "pinned") return
    return yield* answer.kind === "refused" ? new KeysRefused({ detail: answer.detail }) : unexpected(answer)
  })

  return ExecutorClient.of({
    execute: Effect.fn("ExecutorClient.execute")(function* (envelope, report) {
      // One byte too many is enough for a refusal, which a longer line would not get.
      const looked = envelope.slice(0, envelopeLimitBytes + 1)
      const answer = yield* ask({ kind: "command", envelope: looked }, managerApplyTimeout, report)
      return answer.kind === "result" ? answer.result : yield* unexpected(answer)
    }),
    collect: Effect.fn("ExecutorClient.collect")(function* (refresh) {
      const operation = { name: "collect", parameters: { refresh } } as const
      const answer = yield* ask({ kind: "local", operation }, executorCollectTimeout, silence)
      return answer.kind === "collected" ? answer.managers : yield* unexpected(answer)
    }),
    pin: Effect.fn("ExecutorClient.pin")((anchor) => changePins({ kind: "pin", anchor })),
    rotate: Effect.fn("ExecutorClient.rotate")((statement) => changePins({ kind: "rotate", statement })),
    rename: Effect.fn("ExecutorClient.rename")((statement) => changePins({ kind: "rename", statement })),
  })
}

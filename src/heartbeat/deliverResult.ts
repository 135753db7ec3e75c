import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { CommandResult } from "../domain/Command.ts"
import type { AgentId } from "../domain/Identifiers.ts"
import { Outbox } from "../store/Outbox.ts"
import { Supervisor } from "../Supervisor.ts"
import { ControlPlane, type RequestFailed } from "../transport/ControlPlane.ts"
import { BeatMemory } from "./BeatMemory.ts"

/** Results that ride in one beat; a larger one goes alone. */
const resultBytesPerBeat = 48 * 1024

/** So many beats in a row a result is sent that is refused for good: a proxy or a server may be mended meanwhile. */
export const mostRefusals = 10

/** Whether the server, or a proxy before it, will say the same again: a 4xx that is neither about time nor about who asks. */
export const isForGood = ({ code, retryable, status = 0 }: RequestFailed): boolean =>
  code === "rejected" && !retryable && status >= 400 && status !== 401

const code = "result_refused"

/** What is told in place of a result that is not taken: that there is one, and how the command ended. */
const inItsPlace = (result: CommandResult, { message }: RequestFailed): CommandResult => {
  const { output: _, ...rest } = result
  const own = rest.problem === undefined ? "" : `; its own problem was ${rest.problem.code.slice(0, 64)}`
  return {
    ...rest,
    problem: {
      code,
      detail: `the control plane refused this result ${mostRefusals} times: ${message}. Its report is left out${own}`,
      remedy:
        "see what the control plane, or a proxy before it, has against the result; check_updates and health_check show how the host is now",
    },
  }
}

/** How many bytes of results the next beat may bring. None after one was refused for what it brought. */
export const resultBytesNow = Effect.map(Effect.flatMap(BeatMemory, Ref.get), ({ resultsAlone }) =>
  resultsAlone === true ? 0 : resultBytesPerBeat,
)

/** To be called when a beat with results failed: one that was refused for good is followed by beats without them. */
export const afterLostBeat = Effect.fnUntraced(function* (error: RequestFailed) {
  if (!isForGood(error)) return
  const memory = yield* BeatMemory
  yield* Ref.update(memory, (known) => ({ ...known, resultsAlone: true }))
})

/** Counts a refusal; after the last, the result's place is taken by a small one, and after that one's last it is free. */
const refusedAlone = Effect.fnUntraced(function* (result: CommandResult, error: RequestFailed) {
  const memory = yield* BeatMemory
  const outbox = yield* Outbox
  const { refused } = yield* Ref.get(memory)
  const times = (refused?.commandId === result.commandId ? refused.times : 0) + 1
  const isLast = times >= mostRefusals
  yield* Ref.update(memory, (known) => ({
    ...known,
    refused: { commandId: result.commandId, times: isLast ? 0 : times },
  }))
  if (!isLast) return
  if (result.problem?.code === code) {
    yield* outbox.drop(result.commandId, `it was refused: ${error.message}`)
  } else {
    yield* outbox.replace(inItsPlace(result, error))
    yield* Effect.logError("result.refused", error).pipe(Effect.annotateLogs({ id: result.commandId }))
  }
})

/** Where results went alone because one of them was refused: it has been found now, or there is none left. */
const backToBeats = Effect.fnUntraced(function* (delivered: CommandResult) {
  const memory = yield* BeatMemory
  const { pending } = yield* (yield* Outbox).backlog
  yield* Ref.update(memory, (known) => {
    const { resultsAlone: _, refused, ...rest } = known
    return refused?.commandId === delivered.commandId || pending === 0 ? rest : known
  })
})

/** The oldest result, where beats do not bring it. */
export const nextAlone = Effect.gen(function* () {
  const outbox = yield* Outbox
  const resultBytes = yield* resultBytesNow
  const { results, bytes } = yield* outbox.due(resultBytes)
  return bytes <= resultBytes ? Option.none() : Option.fromUndefinedOr(results[0])
})

/**
 * Sends the oldest result by itself if beats do not bring it; those behind it that beats bring follow with an early one.
 * True when another is to go alone. A result that is refused for good does not hold up those behind it for ever.
 */
export const deliverResult = Effect.fn("deliverResult")(function* (agentId: AgentId) {
  const controlPlane = yield* ControlPlane
  const outbox = yield* Outbox
  const supervisor = yield* Supervisor
  const oldest = yield* nextAlone
  if (Option.isNone(oldest)) return false
  const result = oldest.value
  const { acknowledged } = yield* controlPlane
    .deliverResult(agentId, result)
    .pipe(
      Effect.tapErrorTag("RequestFailed", (error) =>
        isForGood(error) ? refusedAlone(result, error) : Effect.void,
      ),
    )
  yield* outbox.acknowledge([acknowledged])
  // A server that has taken another one is not asked again at once.
  if (acknowledged !== result.commandId) return false
  yield* backToBeats(result)
  const more = Option.isSome(yield* nextAlone)
  if (!more && (yield* outbox.backlog).pending > 0) yield* supervisor.wake("heartbeat")
  return more
})

import * as Effect from "effect/Effect"
import type { ReportProgress } from "../package-manager/PackageManager.ts"
import type { ExecutorEvent, ExecutorRequest, LocalOperation } from "../protocol/ExecutorMessages.ts"
import { Collector } from "../scan/Collector.ts"
import { Executor } from "./Executor.ts"
import { checkUpdates } from "./checkUpdates.ts"
import { healthCheck } from "./healthCheck.ts"
import { pinKeys } from "./pinKeys.ts"
import { renameAgent } from "./renameAgent.ts"
import { rotateKeys } from "./rotateKeys.ts"

/** The one event that ends an answer. */
export type FinalEvent = Exclude<ExecutorEvent, { readonly kind: "progress" }>

const pinned: FinalEvent = { kind: "pinned" }
const unavailable = (detail: string): FinalEvent => ({ kind: "unavailable", detail })
const refused = (detail: string): FinalEvent => ({ kind: "refused", detail })

/** Carries out what needs no signature. Needs no ledger: a damaged one stops no scan. */
export const answerLocal = Effect.fn("answerLocal")(function* (operation: LocalOperation) {
  if (operation.name === "collect") {
    const collector = yield* Collector
    const { managers } = yield* collector.collect(operation.parameters.refresh)
    const event: FinalEvent = { kind: "collected", managers }
    return event
  }
  const { output, problem } = yield* operation.name === "check_updates"
    ? checkUpdates(operation.parameters)
    : healthCheck()
  const event: FinalEvent =
    output === undefined ? unavailable(problem?.detail ?? "nothing came of it") : { kind: "reported", output }
  return event
})

/** Carries out what is signed, or decides whose signature counts. */
export const answerSigned = Effect.fn("answerSigned")(function* (
  request: Exclude<ExecutorRequest, { readonly kind: "local" }>,
  report: ReportProgress,
) {
  switch (request.kind) {
    case "command": {
      const executor = yield* Executor
      const event: FinalEvent = { kind: "result", result: yield* executor.execute(request.envelope, report) }
      return event
    }
    case "pin":
      return yield* pinKeys(request.anchor).pipe(
        Effect.as(pinned),
        Effect.catchTag("PinRefused", (error) => Effect.succeed(refused(error.message))),
      )
    case "rotate":
      return yield* rotateKeys(request.statement).pipe(
        Effect.as(pinned),
        Effect.catchTag("RotationRefused", (error) => Effect.succeed(refused(error.message))),
      )
    case "rename":
      return yield* renameAgent(request.statement).pipe(
        Effect.as(pinned),
        Effect.catchTag("RenamingRefused", (error) => Effect.succeed(refused(error.message))),
      )
  }
})

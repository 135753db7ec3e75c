import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ExecutorClient, ExecutorUnavailable, KeysRefused } from "../command/ExecutorClient.ts"
import type { ReportProgress } from "../package-manager/PackageManager.ts"
import type { ExecutorRequest } from "../protocol/ExecutorMessages.ts"
import { Collector } from "../scan/Collector.ts"
import type { StoreError } from "../store/Database.ts"
import { Ledger } from "../store/Ledger.ts"
import { Trust } from "../store/Trust.ts"
import { answerSigned } from "./answerRequest.ts"
import { Executor } from "./Executor.ts"

/**
 * The executor inside the daemon, for an installation that changes nothing: no socket, no root. Give it a configuration
 * with `read_only`.
 */
export const layer: Layer.Layer<ExecutorClient, StoreError, Collector | Executor | Ledger | Trust> =
  Layer.effect(
    ExecutorClient,
    Effect.gen(function* () {
      const collector = yield* Collector
      const services = yield* Effect.context<Executor | Ledger | Trust>()
      const ask = (
        request: Exclude<ExecutorRequest, { readonly kind: "local" }>,
        report: ReportProgress = () => Effect.void,
      ) =>
        answerSigned(request, report).pipe(
          Effect.provideContext(services),
          Effect.mapError((cause) => new ExecutorUnavailable({ detail: cause.message, cause })),
        )
      const changePins = Effect.fnUntraced(function* (request: Parameters<typeof ask>[0]) {
        const answer = yield* ask(request)
        if (answer.kind === "refused") return yield* new KeysRefused({ detail: answer.detail })
      })

      return ExecutorClient.of({
        execute: Effect.fn("ExecutorClient.execute")(function* (envelope, report) {
          const answer = yield* ask({ kind: "command", envelope }, ({ step }) => report(step))
          return answer.kind === "result"
            ? answer.result
            : yield* new ExecutorUnavailable({ detail: `it answered ${answer.kind}` })
        }),
        collect: (refresh) => Effect.map(collector.collect(refresh), ({ managers }) => managers),
        pin: (anchor) => changePins({ kind: "pin", anchor }),
        rotate: (statement) => changePins({ kind: "rotate", statement }),
        rename: (statement) => changePins({ kind: "rename", statement }),
      })
    }),
  )

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ExecutorClient } from "../command/ExecutorClient.ts"
import type { PartialReason } from "../domain/Scan.ts"
import { Collector } from "./Collector.ts"

const collectorFailed = (detail: string): PartialReason => ({
  code: "collector_failed",
  detail: `${detail}. Listed is what an ordinary user sees, which may not be everything`,
})

/**
 * Lets the executor ask: root sees the truth of every manager, where dnf and zypper keep a cache for each user, and may
 * refresh. An executor that fails costs completeness, not the inventory: what this user can see is asked for here.
 */
export const layer: Layer.Layer<Collector, never, Collector | ExecutorClient> = Layer.effect(
  Collector,
  Effect.gen(function* () {
    const executor = yield* ExecutorClient
    const here = yield* Collector
    return Collector.of({
      collect: Effect.fn("collectThroughExecutor")(function* (refresh) {
        return yield* executor.collect(refresh).pipe(
          Effect.map((managers) => ({ managers, reasons: [] })),
          Effect.catchTag(
            "ExecutorUnavailable",
            Effect.fnUntraced(function* (error) {
              yield* Effect.logWarning("scan.executor_failed", error)
              const { managers, reasons } = yield* here.collect("never")
              return { managers, reasons: [collectorFailed(error.message), ...reasons] }
            }),
          ),
        )
      }),
    })
  }),
)

import * as Effect from "effect/Effect"
import type { CheckUpdates } from "../domain/Command.ts"
import { scanCounts } from "../domain/Scan.ts"
import { ScanHost } from "../scan/ScanHost.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"

/** Refreshes package metadata, unless told otherwise, and lists what is newer than what is installed. */
export const checkUpdates = Effect.fn("checkUpdates")(function* (parameters: CheckUpdates) {
  const host = yield* ScanHost
  const { scan, refreshed, repositories } = yield* host.examine({ refresh: parameters.refresh ?? "always" })
  const report = {
    refreshed,
    repositories,
    updates: scan.updates,
    counts: scanCounts(scan),
    indexes: scan.indexes,
    completeness: scan.completeness,
  }
  const outcome: CommandOutcome = {
    status: scan.completeness.verdict === "complete" ? "succeeded" : "partial",
    output: { command: "check_updates", report },
    ...(scan.completeness.verdict === "partial" && {
      problem: {
        code: scan.completeness.reasons[0].code,
        detail: scan.completeness.reasons.map(({ detail }) => detail).join("; "),
      },
    }),
  }
  return outcome
})

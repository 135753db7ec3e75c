import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { HealthCheckItem, HealthReport } from "../domain/Health.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import { Host } from "../host/Host.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { StatusFile } from "../store/StatusFile.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"
import { judgeHealth } from "./judgeHealth.ts"

/** Examines the host and says, for each aspect, whether it is well and what to do if not. Changes nothing. */
export const healthCheck = Effect.fn("healthCheck")(function* () {
  const managers = yield* PackageManagers
  const host = yield* Host
  const config = yield* AgentConfig
  const statusFile = yield* StatusFile

  const detected = yield* managers.detect
  const answers = yield* Effect.forEach(detected, ({ manager }) => Effect.result(manager.health))
  const healths = answers.flatMap((answer) => (answer._tag === "Success" ? [answer.success] : []))
  const failures = answers.flatMap((answer) => (answer._tag === "Failure" ? [answer.failure.message] : []))
  const metrics = yield* host.metrics
  const status = yield* Effect.option(statusFile.read)
  const skew = Option.flatMap(status, ({ clockSkewSeconds }) => Option.fromNullishOr(clockSkewSeconds))

  const facts: Omit<HealthReport, "checks"> = {
    disks: metrics.disks,
    memoryTotalBytes: metrics.memoryTotalBytes,
    memoryAvailableBytes: metrics.memoryAvailableBytes,
    managers: detected.map(({ state }) => state),
    faults: healths.flatMap(({ faults }) => faults),
    locks: healths.flatMap(({ locks }) => locks),
    indexes: healths.flatMap(({ indexes }) => indexes),
    reboot: yield* host.reboot([]),
    restartNeeded: yield* host.restartNeeded,
    loops: Option.match(status, { onNone: () => [], onSome: ({ loops }) => loops }),
    ...(Option.isSome(skew) && { clockSkewSeconds: skew.value }),
  }
  const damage = [...failures, ...healths.flatMap((health) => health.damage ?? [])]
  const checks: ReadonlyArray<HealthCheckItem> = judgeHealth(facts, damage, config.scan_seconds)
  const outcome: CommandOutcome = {
    status: failures.length > 0 ? "partial" : "succeeded",
    output: { command: "health_check", report: { ...facts, checks } },
    ...(failures.length > 0 && {
      problem: { code: "package_manager_failed", detail: failures.join("; ") },
    }),
  }
  return outcome
})

import * as Effect from "effect/Effect"
import type { RefreshPolicy } from "../../domain/Command.ts"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import { managerLockRetry, managerRefreshTimeout } from "../../schedules.ts"
import { ManagerError, type PackageManager, type Refreshed } from "../PackageManager.ts"
import { aptFailure, ended, notRun } from "./aptFailure.ts"
import type { Indexes } from "./aptIndexes.ts"
import { complaintOf } from "./aptMessages.ts"
import { updateOutcomes } from "./aptUpdateOutput.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

export interface RefreshDependencies extends Pick<AptReadDependencies, "subprocess"> {
  readonly isRoot: boolean
  /** The configured repositories and how long ago each was downloaded. */
  readonly indexes: Effect.Effect<Pick<Indexes, "states">, ManagerError>
}

/** Whether any repository was never downloaded, or not for longer than this. */
const isDue = (indexes: ReadonlyArray<IndexState>, seconds: number) =>
  indexes.some(({ ageSeconds }) => ageSeconds === undefined || ageSeconds > seconds)

const update = Effect.fnUntraced(function* ({ subprocess }: RefreshDependencies) {
  const result = yield* subprocess
    .run({
      program: "apt-get",
      // Without Error-Mode=any apt answers 0 when no server could be reached. Never accept a changed Label here:
      // pins hang on it, so an administrator must.
      args: ["update", "-o", "APT::Update::Error-Mode=any"],
      timeout: managerRefreshTimeout,
    })
    .pipe(notRun("refresh"))
  // Nothing waits for the lists lock by itself: DPkg::Lock::Timeout covers dpkg's two locks only.
  if (result.exitCode !== 0 && ended(result) !== "failed") return yield* aptFailure("refresh", result)
  return result
})

const failures = (outcomes: ReturnType<typeof updateOutcomes>): ReadonlyArray<PartialReason> => [
  ...outcomes.repositories
    .filter(({ outcome }) => outcome === "failed" || outcome === "not_tried")
    .map(({ repository, message }) => ({
      manager: "apt" as const,
      code: "repository_failed" as const,
      detail: `${repository}: ${message ?? "apt did not get to it"}`,
    })),
  ...outcomes.otherErrors.map((detail) => ({
    manager: "apt" as const,
    code: "repository_failed" as const,
    detail,
  })),
]

/**
 * `PackageManager.refresh` for apt: `apt-get update` where the policy asks for it. `refreshed` says that every
 * repository answered; what did not is `failed` in `repositories` and a reason `repository_failed`. Fails with
 * `needs_root`, with `locked` when another program holds the lists for longer than `managerLockTimeout`, and with
 * `timed_out`.
 */
export const makeRefresh = (dependencies: RefreshDependencies): PackageManager["Service"]["refresh"] =>
  Effect.fn("AptPackageManager.refresh")(function* (policy: RefreshPolicy) {
    const nothing: Refreshed = { refreshed: false, repositories: [], reasons: [] }
    if (policy === "never") return nothing
    const { states } = yield* dependencies.indexes
    if (states.length === 0) {
      const detail = "No package repository is configured: check /etc/apt/sources.list and sources.list.d"
      return { ...nothing, reasons: [{ manager: "apt", code: "index_missing", detail }] }
    }
    if (policy !== "always" && !isDue(states, policy.if_older_than_seconds)) return nothing
    if (!dependencies.isRoot) {
      const detail = "downloading package lists needs root"
      return yield* new ManagerError({ manager: "apt", operation: "refresh", reason: "needs_root", detail })
    }
    const result = yield* update(dependencies).pipe(
      Effect.retry({ schedule: managerLockRetry, while: (error) => error.reason === "locked" }),
    )
    const outcomes = updateOutcomes(
      states.map(({ repository }) => repository),
      result,
    )
    const reasons = [...failures(outcomes)]
    if (result.exitCode !== 0 && reasons.length === 0) {
      reasons.push({ manager: "apt", code: "repository_failed", detail: complaintOf(result) })
    }
    return { refreshed: reasons.length === 0, repositories: outcomes.repositories, reasons }
  })

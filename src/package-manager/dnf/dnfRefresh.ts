import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { RefreshPolicy } from "../../domain/Command.ts"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import { managerLockRetry, managerRefreshTimeout } from "../../schedules.ts"
import { needsRoot } from "../managerFailure.ts"
import type { ManagerError, PackageManager, Refreshed } from "../PackageManager.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import type { Indexes } from "./dnfIndexes.ts"
import { ask } from "./dnfRead.ts"
import { refreshOutcomes } from "./dnfRefreshOutput.ts"
import { complaintOf } from "./dnfRefusal.ts"

export interface RefreshDependencies extends DnfReadDependencies {
  /** The enabled repositories and how long ago each was last looked at. */
  readonly indexes: Effect.Effect<Pick<Indexes, "states" | "repositories" | "reasons">, ManagerError>
}

/** Whether any repository was never downloaded, or not looked at for longer than this. */
const isDue = (indexes: ReadonlyArray<IndexState>, seconds: number) =>
  indexes.some(({ ageSeconds }) => ageSeconds === undefined || ageSeconds > seconds)

/**
 * Looks at every enabled repository, however young its metadata is. One that fails must not keep the others from being
 * refreshed, so all may be skipped, for this run; which were, is found out afterwards. `--assumeyes` accepts the key that
 * a repository with signed metadata names as its `gpgkey`: dnf asks for it whenever its cache is new. yum has no
 * `--refresh`, and its `fast` fetches what `mdpolicy` says: packages and, with `group:small`, advisories, but not the lists
 * of all files.
 */
const makeCache = (dialect: DnfDialect) => ({
  program: dialect.program,
  args: [
    "--assumeyes",
    ...(dialect.kind === "dnf5" ? [] : ["--setopt=exit_on_lock=True"]),
    "--setopt=*.skip_if_unavailable=True",
    ...(dialect.kind === "yum3"
      ? ["--setopt=*.metadata_expire=1", "--setopt=*.mdpolicy=group:small", "makecache", "fast"]
      : ["makecache", "--refresh"]),
  ],
  timeout: managerRefreshTimeout,
  env: { FORCE_COLUMNS: "512", DNF5_FORCE_COLUMNS: "512" },
})

const failure = (detail: string): PartialReason => ({ manager: "dnf", code: "repository_failed", detail })

/**
 * `PackageManager.refresh` for dnf and yum: `makecache` where the policy asks for it. `refreshed` says that every
 * repository was looked at; what was not is `failed` or `not_tried` in `repositories` and a reason `repository_failed`.
 * Fails with `needs_root`, with `locked` when another program keeps dnf from it for longer than `managerLockTimeout`,
 * with `timed_out`, and with `failed` when dnf cannot read its configuration.
 */
export const makeRefresh = (dependencies: RefreshDependencies): PackageManager["Service"]["refresh"] =>
  Effect.fn("DnfPackageManager.refresh")(function* (policy: RefreshPolicy) {
    const nothing: Refreshed = { refreshed: false, repositories: [], reasons: [] }
    if (policy === "never") return nothing
    if (!dependencies.isRoot) return yield* needsRoot("dnf", "refresh")
    const indexes = dependencies.indexes.pipe(
      Effect.retry({ schedule: managerLockRetry, while: ({ reason }) => reason === "locked" }),
    )
    const before = yield* indexes
    if (before.states.length === 0) return { ...nothing, reasons: before.reasons }
    if (policy !== "always" && !isDue(before.states, policy.if_older_than_seconds)) return nothing
    const dialect = yield* dependencies.dialect
    const startedAt = yield* DateTime.now
    const result = yield* ask(dependencies, dialect, "refresh", makeCache(dialect)).pipe(
      Effect.retry({ schedule: managerLockRetry, while: ({ reason }) => reason === "locked" }),
    )
    const after = yield* indexes
    const repositories = refreshOutcomes({
      ...result,
      before: before.repositories,
      after: after.repositories,
      // yum skips a repository without a word that names it.
      ...(dialect.kind === "yum3" ? { startedAt } : {}),
    })
    const reasons = [
      // .repo files that dnf passes over
      ...after.reasons.filter(({ code }) => code === "repository_failed"),
      ...repositories
        .filter(({ outcome }) => outcome === "failed" || outcome === "not_tried")
        .map(({ repository, message }) => failure(`${repository}: ${message ?? complaintOf(result)}`)),
    ]
    if (result.exitCode !== 0 && reasons.length === 0) reasons.push(failure(complaintOf(result)))
    return { refreshed: reasons.length === 0, repositories, reasons }
  })

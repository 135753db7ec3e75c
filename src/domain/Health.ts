import * as Schema from "effect/Schema"
import { DiskUse, LockHolder, RebootState, RestartNeeded } from "./Host.ts"
import { ManagerId, PackageFault } from "./Package.ts"
import { Completeness, IndexState, ManagerState, ScanCounts } from "./Scan.ts"
import { AvailableUpdate } from "./Update.ts"

/** What became of one repository in a metadata refresh. */
export const RepositoryOutcome = Schema.Struct({
  manager: ManagerId,
  repository: Schema.String,
  outcome: Schema.Literals(["fetched", "unchanged", "failed", "not_tried"]),
  /** The manager's own words, at most 512 characters. */
  message: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(512))),
}).annotate({ identifier: "RepositoryOutcome" })
export type RepositoryOutcome = typeof RepositoryOutcome.Type

/** What `check_updates` reports. */
export const CheckUpdatesOutput = Schema.Struct({
  refreshed: Schema.Boolean,
  repositories: Schema.Array(RepositoryOutcome),
  updates: Schema.Array(AvailableUpdate),
  counts: ScanCounts,
  indexes: Schema.Array(IndexState),
  completeness: Completeness,
}).annotate({ identifier: "CheckUpdatesOutput" })
export type CheckUpdatesOutput = typeof CheckUpdatesOutput.Type

/** One examined aspect of the host with a verdict and, when it is not `ok`, a remedy. */
export const HealthCheckItem = Schema.Struct({
  name: Schema.Literals([
    "disk",
    "memory",
    "clock",
    "package_database",
    "locks",
    "reboot",
    "services",
    "index_age",
    "loops",
    "state",
  ]),
  verdict: Schema.Literals(["ok", "warning", "fault", "unknown"]),
  detail: Schema.String,
  remedy: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "HealthCheckItem" })
export type HealthCheckItem = typeof HealthCheckItem.Type

/** When a supervised loop last finished a round, and how often it failed since. */
export const LoopState = Schema.Struct({
  name: Schema.String,
  lastSuccessAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  lastFailureAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  consecutiveFailures: Schema.Int,
  lastError: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "LoopState" })
export type LoopState = typeof LoopState.Type

/** What `health_check` reports. */
export const HealthReport = Schema.Struct({
  checks: Schema.Array(HealthCheckItem),
  disks: Schema.Array(DiskUse),
  memoryTotalBytes: Schema.Int,
  memoryAvailableBytes: Schema.Int,
  /** Server time minus ours at the last heartbeat; absent before the first. */
  clockSkewSeconds: Schema.optionalKey(Schema.Finite),
  managers: Schema.Array(ManagerState),
  faults: Schema.Array(PackageFault),
  locks: Schema.Array(LockHolder),
  indexes: Schema.Array(IndexState),
  reboot: RebootState,
  restartNeeded: Schema.optionalKey(RestartNeeded),
  loops: Schema.Array(LoopState),
}).annotate({ identifier: "HealthReport" })
export type HealthReport = typeof HealthReport.Type

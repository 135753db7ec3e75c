import * as Schema from "effect/Schema"
import { CheckUpdates, CommandOutput, CommandResult, HealthCheck, RefreshPolicy } from "../domain/Command.ts"
import { RepositoryOutcome } from "../domain/Health.ts"
import { InstalledPackage, PackageFault } from "../domain/Package.ts"
import { IndexState, ManagerState, PartialReason } from "../domain/Scan.ts"
import { AvailableUpdate } from "../domain/Update.ts"
import { envelopeLimitBytes } from "./CommandEnvelope.ts"
import { TrustAnchor } from "./TrustAnchor.ts"

/** Longest request line an executor reads: an envelope and what is around it. */
export const requestLimitBytes = envelopeLimitBytes + 4096

/** All events of one answer together: what is read of them by whoever asked. */
export const answerLimitBytes = 64 * 1024 * 1024

/** What may be asked without a signature, because it changes nothing but package metadata. */
export const LocalOperation = Schema.Union([
  Schema.Struct({ name: Schema.Literal("check_updates"), parameters: CheckUpdates }),
  Schema.Struct({ name: Schema.Literal("health_check"), parameters: HealthCheck }),
  Schema.Struct({
    name: Schema.Literal("collect"),
    parameters: Schema.Struct({ refresh: RefreshPolicy }),
  }),
])
export type LocalOperation = typeof LocalOperation.Type

/** The one line an executor reads. Decode with `onExcessProperty: "error"`. */
export const ExecutorRequest = Schema.Union([
  /** A command envelope as the control plane signed it. */
  Schema.Struct({ kind: Schema.Literal("command"), envelope: Schema.String }),
  Schema.Struct({ kind: Schema.Literal("local"), operation: LocalOperation }),
  /** Trust on first use: only while nothing is pinned, or for the same agent with the keys that are. */
  Schema.Struct({ kind: Schema.Literal("pin"), anchor: TrustAnchor }),
  /** A rotation statement (`KeyRotation.ts`) as the control plane signed it. */
  Schema.Struct({ kind: Schema.Literal("rotate"), statement: Schema.String }),
  /** A renaming statement (`AgentRenaming.ts`) as the control plane signed it. */
  Schema.Struct({ kind: Schema.Literal("rename"), statement: Schema.String }),
])
export type ExecutorRequest = typeof ExecutorRequest.Type

/** Everything one package manager answered to the questions of a scan. */
export const CollectedManager = Schema.Struct({
  state: ManagerState,
  packages: Schema.Array(InstalledPackage),
  faults: Schema.Array(PackageFault),
  updates: Schema.Array(AvailableUpdate),
  indexes: Schema.Array(IndexState),
  /** Subscriptions that its repositories show to be attached. */
  channels: Schema.Array(Schema.String),
  refreshed: Schema.Boolean,
  repositories: Schema.Array(RepositoryOutcome),
  /** Why this is not everything. */
  reasons: Schema.Array(PartialReason),
})
export type CollectedManager = typeof CollectedManager.Type

/** What an executor writes, one JSON document a line: any number of `progress`, then one of the others. */
export const ExecutorEvent = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("progress"),
    step: Schema.String,
    package: Schema.optionalKey(Schema.String),
    percent: Schema.optionalKey(Schema.Finite),
  }),
  Schema.Struct({ kind: Schema.Literal("result"), result: CommandResult }),
  /** The answer to `check_updates` and `health_check` without a signature. */
  Schema.Struct({ kind: Schema.Literal("reported"), output: CommandOutput }),
  Schema.Struct({ kind: Schema.Literal("collected"), managers: Schema.Array(CollectedManager) }),
  /** The keys, or the agent's id, that were asked for are those in force now. */
  Schema.Struct({ kind: Schema.Literal("pinned") }),
  /** The keys, or the agent's id, that were asked for are not taken, now or later. */
  Schema.Struct({ kind: Schema.Literal("refused"), detail: Schema.String }),
  /** Nothing was run; the same request may succeed later. */
  Schema.Struct({ kind: Schema.Literal("unavailable"), detail: Schema.String }),
])
export type ExecutorEvent = typeof ExecutorEvent.Type

import * as Schema from "effect/Schema"
import { LoopState } from "./Health.ts"
import { RebootState } from "./Host.ts"
import { AgentId, CommandId } from "./Identifiers.ts"
import { Completeness, ScanCounts } from "./Scan.ts"

/** What is left of the last finished scan when its rows are gone. */
export const LastScan = Schema.Struct({
  finishedAt: Schema.DateTimeUtcFromString,
  counts: ScanCounts,
  completeness: Completeness,
})
export type LastScan = typeof LastScan.Type

/**
 * What the daemon tells about itself to whoever asks on this host: written after every change, readable by every
 * user, and therefore without any secret.
 */
export const AgentStatus = Schema.Struct({
  writtenAt: Schema.DateTimeUtcFromString,
  agentVersion: Schema.String,
  /** Absent before enrolment. */
  agentId: Schema.optionalKey(AgentId),
  apiUrl: Schema.String,
  pid: Schema.Int,
  /** `processIdentity` of the daemon, which tells a stale file from a living one: pids are reused. */
  processIdentity: Schema.String,
  startedAt: Schema.DateTimeUtcFromString,
  /** The configured interval. */
  heartbeatSeconds: Schema.Int,
  nextBeatAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** Server time minus ours at the last accepted heartbeat. */
  clockSkewSeconds: Schema.optionalKey(Schema.Finite),
  /** Absent before the first. */
  lastScan: Schema.optionalKey(LastScan),
  running: Schema.optionalKey(
    Schema.Struct({
      commandId: CommandId,
      command: Schema.String,
      startedAt: Schema.DateTimeUtcFromString,
    }),
  ),
  /** Results that wait to be delivered. */
  pendingResults: Schema.Int,
  reboot: Schema.optionalKey(RebootState),
  /** The loop `heartbeat` among them tells when the last beat was accepted, and why the last one was not. */
  loops: Schema.Array(LoopState),
})
export type AgentStatus = typeof AgentStatus.Type

import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { CommandResult } from "../domain/Command.ts"
import { Coverage, Finding, NotEvaluated } from "../domain/Finding.ts"
import { FindingCounts } from "../domain/FindingCounts.ts"
import { HostFacts, HostMetrics, RebootState } from "../domain/Host.ts"
import { AgentId, CommandId, MachineId, ScanId, Sha256 } from "../domain/Identifiers.ts"
import { InstalledPackage, PackageFault } from "../domain/Package.ts"
import { Completeness, IndexState, ManagerState, ScanCounts } from "../domain/Scan.ts"
import { AvailableUpdate } from "../domain/Update.ts"

/** An Ed25519 public key as a JWK (RFC 8037). `kid` is its RFC 7638 thumbprint. */
export const PublicKey = Schema.Struct({
  kty: Schema.Literal("OKP"),
  crv: Schema.Literal("Ed25519"),
  x: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{43}$/)),
  kid: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{43}$/)),
}).annotate({ identifier: "PublicKey" })
export type PublicKey = typeof PublicKey.Type

/** What either side can do beyond version 1; unknown words are ignored. */
export const Features = Schema.Array(Schema.String.check(Schema.isMaxLength(64))).check(
  Schema.isMaxLength(64),
)

/** How often the command keys that an agent has pinned were changed. Absent: never. */
const KeyGeneration = Schema.Int.check(Schema.isGreaterThan(0))

/** Statements about new command keys (`KeyRotation.ts`) that the agent has not followed yet, oldest first. */
const KeyRotations = Schema.Array(Schema.String).check(Schema.isMaxLength(100))

/** First contact: sent with the licence key as bearer token and signed with the agent's own new key. */
export const Enrolment = Schema.Struct({
  publicKey: PublicKey,
  machineId: MachineId,
  agentVersion: Schema.String,
  features: Features,
  facts: HostFacts,
  /** Of an agent that has keys pinned from before. */
  keyGeneration: Schema.optionalKey(KeyGeneration),
  /** The id under which it has pinned them. */
  formerAgentId: Schema.optionalKey(AgentId),
}).annotate({ identifier: "Enrolment" })
export type Enrolment = typeof Enrolment.Type

export const Enrolled = Schema.Struct({
  agentId: AgentId,
  exchangeToken: Schema.String,
  /** Who signs commands: the `iss` of every command and the keys to pin. */
  issuer: Schema.String,
  /** Whose licence key it was, also to be pinned: a name that stays the same as long as the organisation exists. */
  organization: Schema.String,
  commandKeys: Schema.NonEmptyArray(PublicKey),
  /** Of `commandKeys`. */
  keyGeneration: Schema.optionalKey(KeyGeneration),
  /** For an agent that has older keys pinned. */
  keyRotations: Schema.optionalKey(KeyRotations),
  /** That `agentId` takes the place of the enrolment's `formerAgentId` (`AgentRenaming.ts`). */
  renaming: Schema.optionalKey(Schema.String),
  /** Who signs vulnerability feeds, also to be pinned: the present key and perhaps the next. Absent without feeds. */
  feedKeys: Schema.optionalKey(Schema.NonEmptyArray(PublicKey)),
  nextBeatSeconds: Schema.Int,
  features: Features,
}).annotate({ identifier: "Enrolled" })
export type Enrolled = typeof Enrolled.Type

/** What the agent is busy with, so that a long installation is not mistaken for a hang. */
export const RunningCommand = Schema.Struct({
  commandId: CommandId,
  command: Schema.String,
  runningSeconds: Schema.Int,
}).annotate({ identifier: "RunningCommand" })
export type RunningCommand = typeof RunningCommand.Type

export const Heartbeat = Schema.Struct({
  sentAt: Schema.DateTimeUtcFromString,
  agentVersion: Schema.String,
  exchangeToken: Schema.String,
  metrics: HostMetrics,
  agentRssBytes: Schema.Int,
  agentCpuSeconds: Schema.Finite,
  reboot: RebootState.fields.required,
  /** Digest of the rows the server acknowledged last, so that it can say if it lost them; absent before the first. */
  snapshot: Schema.optionalKey(Sha256),
  running: Schema.optionalKey(RunningCommand),
  /** Results that did not fit into this beat and follow. */
  pendingResults: Schema.Int,
  /** Results that the agent gave up since enrolment: beyond its caps, unreadable, or refused even in short. */
  droppedResults: Schema.Int,
  results: Schema.Array(CommandResult),
  /** Only when they changed or were asked for. */
  facts: Schema.optionalKey(HostFacts),
  keyGeneration: Schema.optionalKey(KeyGeneration),
}).annotate({ identifier: "Heartbeat" })
export type Heartbeat = typeof Heartbeat.Type

export const HeartbeatReply = Schema.Struct({
  serverTime: Schema.DateTimeUtcFromString,
  nextBeatSeconds: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })),
  exchangeToken: Schema.String,
  /** Command envelopes (JWS, compact) in `seq` order, repeated until their results arrive. */
  commands: Schema.Array(Schema.String).check(Schema.isMaxLength(100)),
  /** Results that are safely stored and need not be sent again. */
  acknowledged: Schema.Array(CommandId),
  /** What the server lacks. */
  want: Schema.Array(Schema.Literals(["facts", "snapshot"])),
  /** To be followed before `commands`, which may be signed with the new keys. */
  keyRotations: Schema.optionalKey(KeyRotations),
}).annotate({ identifier: "HeartbeatReply" })
export type HeartbeatReply = typeof HeartbeatReply.Type

/**
 * A report's name: the first 48 bits of its SHA-256 in hexadecimal, which tell it from the one before. Names are compared
 * and never computed by the server, so that an agent may report more than its server understands.
 */
export const ReportName = Schema.String.check(Schema.isPattern(/^[0-9a-f]{12}$/)).annotate({
  identifier: "ReportName",
})
export type ReportName = typeof ReportName.Type

/** What a scan says about vulnerabilities in short: numbers, and what they rest on. */
export const VulnerabilityReport = Schema.Struct({
  counts: FindingCounts,
  coverage: Coverage.mapFields(Struct.omit(["notEvaluated"])),
  /** `findingsDigest` of the findings that belong to it. */
  digest: Sha256,
  /** Findings that are counted and not sent, because there are too many: first those that are hidden by default. */
  omitted: Schema.optionalKey(Schema.Int),
}).annotate({ identifier: "VulnerabilityReport" })
export type VulnerabilityReport = typeof VulnerabilityReport.Type

/** The findings of a report, most important first, and the packages that nothing is known about. */
export const ReportedFindings = Schema.Struct({
  findings: Schema.Array(Finding),
  notEvaluated: Schema.Array(NotEvaluated),
}).annotate({ identifier: "ReportedFindings" })
export type ReportedFindings = typeof ReportedFindings.Type

/** Everything about a scan but its rows. */
export const ScanSummary = Schema.Struct({
  scanId: ScanId,
  startedAt: Schema.DateTimeUtcFromString,
  durationMilliseconds: Schema.Int,
  managers: Schema.Array(ManagerState),
  faults: Schema.Array(PackageFault),
  indexes: Schema.Array(IndexState),
  completeness: Completeness,
  reboot: RebootState,
  counts: ScanCounts,
  /** `snapshotDigest` of the rows this scan found. */
  digest: Sha256,
  /** The report of this scan; absent where the agent does not look for vulnerabilities. */
  report: Schema.optionalKey(ReportName),
}).annotate({ identifier: "ScanSummary" })
export type ScanSummary = typeof ScanSummary.Type

const rowsDelta = <Row extends Schema.Top>(row: Row) =>
  Schema.Struct({ set: Schema.Array(row), drop: Schema.Array(Schema.String) })

/** What every upload may carry. A server that knows nothing of it passes over it. */
const told = {
  summary: ScanSummary,
  /** Where the server is not known to hold the report that the summary names. */
  report: Schema.optionalKey(VulnerabilityReport),
  /** Where it is not known to hold the findings whose digest the report has. */
  found: Schema.optionalKey(ReportedFindings),
}

/**
 * A scan as cheap as it can be told: nothing but its digest when the server holds these rows, a delta against
 * rows it holds, or the whole. With `SnapshotMismatch` the server asks for the whole, with report and findings.
 */
export const ScanUpload = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("digest"), ...told }),
  Schema.Struct({
    kind: Schema.Literal("delta"),
    ...told,
    base: Sha256,
    packages: rowsDelta(InstalledPackage),
    updates: rowsDelta(AvailableUpdate),
  }),
  Schema.Struct({
    kind: Schema.Literal("full"),
    ...told,
    packages: Schema.Array(InstalledPackage),
    updates: Schema.Array(AvailableUpdate),
  }),
]).annotate({ identifier: "ScanUpload" })
export type ScanUpload = typeof ScanUpload.Type

/** The rows the server now holds for this agent. */
export const ScanReceipt = Schema.Struct({ scanId: ScanId, digest: Sha256 })
export type ScanReceipt = typeof ScanReceipt.Type

/** One result that is too large to ride in a beat. */
export const ResultReceipt = Schema.Struct({ acknowledged: CommandId })
export type ResultReceipt = typeof ResultReceipt.Type

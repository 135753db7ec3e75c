import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import { Command, CommandName, CommandResult } from "../domain/Command.ts"
import { HostFacts, HostMetrics } from "../domain/Host.ts"
import { AgentId, CommandId } from "../domain/Identifiers.ts"
import { InstalledPackage } from "../domain/Package.ts"
import { ScanCounts } from "../domain/Scan.ts"
import { AvailableUpdate } from "../domain/Update.ts"
import { RequestShape } from "./AgentApi.ts"
import { ReportedFindings, RunningCommand, ScanSummary, VulnerabilityReport } from "./AgentMessages.ts"
import {
  InsufficientScope,
  InvalidRequest,
  InvalidToken,
  NotFound,
  PayloadTooLarge,
  Unavailable,
} from "./Problems.ts"

/** The scopes the product documents for operator tokens. */
export const OperatorScope = Schema.Literals([
  "read:servers",
  "write:servers",
  "read:patches",
  "write:patches",
  "read:schedules",
  "write:schedules",
])
export type OperatorScope = typeof OperatorScope.Type

/** The scope one call of the operator API needs: an annotation of its endpoint. */
export class RequiredScope extends Context.Service<RequiredScope, OperatorScope>()(
  "patchctl/protocol/RequiredScope",
) {}

const needs = (scope: OperatorScope) =>
  Context.make(RequiredScope, scope).pipe(Context.add(OpenApi.Description, `Needs the scope \`${scope}\`.`))

/** Whose token a request carries and what it may do. */
export class Operator extends Context.Service<
  Operator,
  { readonly name: string; readonly organization: string; readonly scopes: ReadonlyArray<OperatorScope> }
>()("patchctl/protocol/Operator") {}

export class OperatorAuthorization extends HttpApiMiddleware.Service<
  OperatorAuthorization,
  { provides: Operator }
>()("patchctl/protocol/OperatorAuthorization", {
  security: { operatorToken: HttpApiSecurity.bearer },
  error: [InvalidToken, InsufficientScope, InvalidRequest, PayloadTooLarge, Unavailable],
}) {}

/** One server as the control plane knows it. `online`: its last beat is not older than two intervals. */
export const Server = Schema.Struct({
  agentId: AgentId,
  /** By its own word the host was this agent before, and obeyed what was signed for it. */
  formerAgentId: Schema.optionalKey(AgentId),
  online: Schema.Boolean,
  enrolledAt: Schema.DateTimeUtcFromString,
  lastBeatAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  heartbeats: Schema.Int,
  agentVersion: Schema.String,
  facts: HostFacts,
  metrics: Schema.optionalKey(HostMetrics),
  reboot: Schema.Literals(["yes", "no", "unknown"]),
  running: Schema.optionalKey(RunningCommand),
  counts: Schema.optionalKey(ScanCounts),
  /** Whether `counts` tell everything: only a complete scan may say "0 updates". */
  scanVerdict: Schema.optionalKey(Schema.Literals(["complete", "partial"])),
  lastScanAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** Of the last scan; absent where it did not look for vulnerabilities. */
  report: Schema.optionalKey(VulnerabilityReport),
  /** Two hosts present this identity, or two identities this machine. */
  cloneSuspected: Schema.Boolean,
}).annotate({ identifier: "Server" })
export type Server = typeof Server.Type

/** The latest scan of one server with all its rows, and its findings, most important first. */
export const ServerScan = Schema.Struct({
  agentId: AgentId,
  receivedAt: Schema.DateTimeUtcFromString,
  summary: ScanSummary,
  packages: Schema.Array(InstalledPackage),
  updates: Schema.Array(AvailableUpdate),
  /** Absent, as `findings` and `notEvaluated` are, where the scan did not look for vulnerabilities. */
  report: Schema.optionalKey(VulnerabilityReport),
  findings: Schema.optionalKey(ReportedFindings.fields.findings),
  notEvaluated: Schema.optionalKey(ReportedFindings.fields.notEvaluated),
}).annotate({ identifier: "ServerScan" })
export type ServerScan = typeof ServerScan.Type

/** Queues one command. `valid_seconds`: how long it may wait for the agent. */
export const CommandOrder = Schema.Struct({
  command: Command,
  valid_seconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 60, maximum: 604_800 }))),
}).annotate({ identifier: "CommandOrder" })
export type CommandOrder = typeof CommandOrder.Type

/** One queued command and what became of it. */
export const CommandRecord = Schema.Struct({
  commandId: CommandId,
  agentId: AgentId,
  command: CommandName,
  seq: Schema.Int,
  queuedAt: Schema.DateTimeUtcFromString,
  expiresAt: Schema.DateTimeUtcFromString,
  queuedBy: Schema.String,
  state: Schema.Literals(["queued", "delivered", "finished", "expired"]),
  result: Schema.optionalKey(CommandResult),
}).annotate({ identifier: "CommandRecord" })
export type CommandRecord = typeof CommandRecord.Type

const server = { agentId: AgentId }

/** What people and automation use. Every call names the scope it needs. */
export class OperatorGroup extends HttpApiGroup.make("operator")
  .add(
    HttpApiEndpoint.get("servers", "/v1/servers", { success: Schema.Array(Server) }).annotateMerge(
      needs("read:servers"),
    ),
    HttpApiEndpoint.get("server", "/v1/servers/:agentId", {
      params: server,
      success: Server,
      error: NotFound,
    }).annotateMerge(needs("read:servers")),
    HttpApiEndpoint.get("scan", "/v1/servers/:agentId/scan", {
      params: server,
      success: ServerScan,
      error: NotFound,
    }).annotateMerge(needs("read:servers")),
    HttpApiEndpoint.post("queue", "/v1/servers/:agentId/commands", {
      params: server,
      payload: CommandOrder,
      success: CommandRecord,
      error: NotFound,
    })
      .annotateMerge(needs("write:patches"))
      // A misspelt `dry_run` must not become an installation.
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" }),
    HttpApiEndpoint.get("commands", "/v1/servers/:agentId/commands", {
      params: server,
      success: Schema.Array(CommandRecord),
      error: NotFound,
    }).annotateMerge(needs("read:patches")),
    HttpApiEndpoint.get("command", "/v1/commands/:commandId", {
      params: { commandId: CommandId },
      success: CommandRecord,
      error: NotFound,
    }).annotateMerge(needs("read:patches")),
  )
  .middleware(OperatorAuthorization)
  .middleware(RequestShape) {}

import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { CommandResult } from "../domain/Command.ts"
import type { AgentId, LicenseKey } from "../domain/Identifiers.ts"
import type {
  Enrolled,
  Enrolment,
  Heartbeat,
  HeartbeatReply,
  ResultReceipt,
  ScanReceipt,
  ScanUpload,
} from "../protocol/AgentMessages.ts"

/** The licence key was refused. Slow down, keep trying: it may be restored, or edited and the agent restarted. */
export class LicenseKeyRefused extends Schema.TaggedError<LicenseKeyRefused>()("LicenseKeyRefused", {}) {
  override get message() {
    return "Invalid license key: check license_key in the configuration against the dashboard, then restart the agent"
  }
}

/** The server does not know this agent (any more), or does not accept its signature. */
export class AgentRefused extends Schema.TaggedError<AgentRefused>()("AgentRefused", {
  code: Schema.Literals(["unknown_agent", "bad_request_signature"]),
}) {
  override get message() {
    return this.code === "unknown_agent"
      ? "the control plane does not know this agent: it was deleted there, or this is another control plane"
      : "the control plane does not accept the request signature: check the clock of this host"
  }
}

/** Why a TLS connection was not trusted. Each has its own remedy in `docs/troubleshooting.md`. */
export const TlsProblem = Schema.Literals([
  "tls_version",
  "self_signed",
  "untrusted_issuer",
  "wrong_name",
  "certificate_expired",
  "certificate_not_yet_valid",
  "pin_mismatch",
  "handshake_failed",
])
export type TlsProblem = typeof TlsProblem.Type

/** The server's identity could not be established, so nothing was sent. */
export class TlsRefused extends Schema.TaggedError<TlsRefused>()("TlsRefused", {
  code: TlsProblem,
  host: Schema.String,
}) {
  override get message() {
    const why = {
      tls_version: "does not offer TLS 1.3",
      self_signed: "presents a self-signed certificate; give its CA as ca_file if it is yours",
      untrusted_issuer: "presents a certificate of an unknown issuer; give the CA as ca_file if it is yours",
      wrong_name: "presents a certificate for another name; check api_url",
      certificate_expired: "presents an expired certificate; check the clock of this host, then the server",
      certificate_not_yet_valid: "presents a certificate that is not valid yet; check the clock of this host",
      pin_mismatch: "has a key that is not among the configured pins; check for interception, then pins",
      handshake_failed: "broke off the TLS handshake",
    }[this.code]
    return `${this.host} ${why}`
  }
}

/** The server holds other rows than the delta or digest assumed: send the whole. */
export class SnapshotRefused extends Schema.TaggedError<SnapshotRefused>()("SnapshotRefused", {}) {
  override get message() {
    return "the control plane asks for the whole snapshot"
  }
}

/** Anything else that went wrong on the way. `retryable` is decided by whoever knows. */
export class RequestFailed extends Schema.TaggedError<RequestFailed>()("RequestFailed", {
  code: Schema.Literals([
    "dns",
    "connection_refused",
    "connection_lost",
    "proxy",
    "timed_out",
    "response_too_large",
    "response_malformed",
    "server_error",
    "rate_limited",
    "rejected",
  ]),
  retryable: Schema.Boolean,
  status: Schema.optionalKey(Schema.Int),
  /** From `Retry-After`, capped. */
  retryAfterSeconds: Schema.optionalKey(Schema.Int),
  detail: Schema.String,
}) {
  override get message() {
    return `${this.code.replaceAll("_", " ")}${this.status === undefined ? "" : ` (${this.status})`}: ${this.detail}`
  }
}

export type ControlPlaneError = LicenseKeyRefused | AgentRefused | TlsRefused | RequestFailed

/** What the agent may ask of the server. Each call is one HTTPS request with a total time limit. */
export class ControlPlane extends Context.Service<
  ControlPlane,
  {
    /** First contact; the answer names this agent and the command keys to pin. */
    readonly enrol: (
      enrolment: Enrolment,
      licenseKey: Redacted.Redacted<LicenseKey>,
    ) => Effect.Effect<Enrolled, ControlPlaneError>
    /** One beat: metrics and results out, commands in. */
    readonly heartbeat: (agent: AgentId, beat: Heartbeat) => Effect.Effect<HeartbeatReply, ControlPlaneError>
    readonly uploadScan: (
      agent: AgentId,
      upload: ScanUpload,
    ) => Effect.Effect<ScanReceipt, ControlPlaneError | SnapshotRefused>
    readonly deliverResult: (
      agent: AgentId,
      result: CommandResult,
    ) => Effect.Effect<ResultReceipt, ControlPlaneError>
  }
>()("patchctl/transport/ControlPlane") {}

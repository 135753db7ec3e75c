import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as Context from "effect/Context"
import { CommandResult } from "../domain/Command.ts"
import type { AgentId } from "../domain/Identifiers.ts"
import {
  Enrolled,
  Enrolment,
  Heartbeat,
  HeartbeatReply,
  ResultReceipt,
  ScanReceipt,
  ScanUpload,
} from "./AgentMessages.ts"
import {
  BadRequestSignature,
  InvalidLicenseKey,
  InvalidRequest,
  PayloadTooLarge,
  SnapshotMismatch,
  TooManyRequests,
  UnknownAgent,
} from "./Problems.ts"

/** Renders bodies that do not decode as `InvalidRequest`. */
export class RequestShape extends HttpApiMiddleware.Service<RequestShape>()(
  "patchctl/protocol/RequestShape",
  {
    error: InvalidRequest,
  },
) {}

/** The organisation a licence key belongs to. */
export class Organization extends Context.Service<Organization, { readonly id: string }>()(
  "patchctl/protocol/Organization",
) {}

/** Enrolment is authorised by the licence key alone. */
export class LicenseAuthorization extends HttpApiMiddleware.Service<
  LicenseAuthorization,
  { provides: Organization }
>()("patchctl/protocol/LicenseAuthorization", {
  security: { licenseKey: HttpApiSecurity.bearer },
  error: InvalidLicenseKey,
}) {}

/** The agent whose key signed the request. */
export class SigningAgent extends Context.Service<SigningAgent, { readonly id: AgentId }>()(
  "patchctl/protocol/SigningAgent",
) {}

/**
 * RFC 9421 signature by the agent's key over `@method`, `@authority`, `@path`, `content-digest` (RFC 9530,
 * sha-256, over the bytes as sent) and `content-encoding` where there is one; `keyid` is the agent id,
 * `created` at most 300 s from the server's clock, `nonce` never seen before within that time.
 */
export class SignatureAuthorization extends HttpApiMiddleware.Service<
  SignatureAuthorization,
  { provides: SigningAgent }
>()("patchctl/protocol/SignatureAuthorization", {
  error: [BadRequestSignature, UnknownAgent, PayloadTooLarge],
}) {}

export class EnrolmentGroup extends HttpApiGroup.make("enrolment")
  .add(
    HttpApiEndpoint.post("enrol", "/v1/agents", {
      payload: Enrolment,
      success: Enrolled,
      error: [TooManyRequests],
    }),
  )
  .middleware(LicenseAuthorization)
  .middleware(RequestShape) {}

export class AgentGroup extends HttpApiGroup.make("agent")
  .add(
    HttpApiEndpoint.post("heartbeat", "/v1/heartbeats", {
      payload: Heartbeat,
      success: HeartbeatReply,
      error: [TooManyRequests],
    }),
    HttpApiEndpoint.post("uploadScan", "/v1/scans", {
      payload: ScanUpload,
      success: ScanReceipt,
      error: [SnapshotMismatch, TooManyRequests],
    }),
    HttpApiEndpoint.post("deliverResult", "/v1/results", {
      payload: CommandResult,
      success: ResultReceipt,
      error: [TooManyRequests],
    }),
  )
  .middleware(SignatureAuthorization)
  .middleware(RequestShape) {}

import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
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
import { agentPaths } from "./agentPaths.ts"
import {
  BadRequestSignature,
  InvalidLicenseKey,
  InvalidRequest,
  PayloadTooLarge,
  SnapshotMismatch,
  TooManyRequests,
  Unavailable,
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

/**
 * Enrolment is authorised by the licence key. The request is also signed, by the key it introduces and with that
 * key's thumbprint as `keyid`: nobody enrols a key that is not his. The licence key is judged before the body is
 * looked at, so that a host can ask whether it is good without enrolling.
 */
export class LicenseAuthorization extends HttpApiMiddleware.Service<
  LicenseAuthorization,
  { provides: Organization }
>()("patchctl/protocol/LicenseAuthorization", {
  security: {
    licenseKey: HttpApiSecurity.bearer.pipe(
      HttpApiSecurity.annotate(
        OpenApi.Description,
        "The organisation's licence key. The request is also signed as all others are, with the key it introduces; `keyid` is that key's RFC 7638 thumbprint.",
      ),
    ),
  },
  error: [InvalidLicenseKey, BadRequestSignature, InvalidRequest, PayloadTooLarge, Unavailable],
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
  security: {
    requestSignature: HttpApiSecurity.apiKey({ in: "header", key: "signature" }).pipe(
      HttpApiSecurity.annotate(
        OpenApi.Description,
        "HTTP Message Signature (RFC 9421) with the agent's Ed25519 key; `signature-input` and `content-digest` (RFC 9530) come with it.",
      ),
    ),
  },
  error: [BadRequestSignature, UnknownAgent, InvalidRequest, PayloadTooLarge, Unavailable],
}) {}

export class EnrolmentGroup extends HttpApiGroup.make("enrolment")
  .add(
    HttpApiEndpoint.post("enrol", agentPaths.enrol, {
      payload: Enrolment,
      success: Enrolled,
      error: [TooManyRequests],
    }),
  )
  .middleware(LicenseAuthorization)
  .middleware(RequestShape) {}

export class AgentGroup extends HttpApiGroup.make("agent")
  .add(
    HttpApiEndpoint.post("heartbeat", agentPaths.heartbeat, {
      payload: Heartbeat,
      success: HeartbeatReply,
      error: [TooManyRequests],
    }),
    HttpApiEndpoint.post("uploadScan", agentPaths.uploadScan, {
      payload: ScanUpload,
      success: ScanReceipt,
      error: [SnapshotMismatch, TooManyRequests],
    }),
    HttpApiEndpoint.post("deliverResult", agentPaths.deliverResult, {
      payload: CommandResult,
      success: ResultReceipt,
      error: [TooManyRequests],
    }),
  )
  .middleware(SignatureAuthorization)
  .middleware(RequestShape) {}

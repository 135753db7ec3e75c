import * as Schema from "effect/Schema"
import * as HttpApiError from "effect/http-api/HttpApiError"
import { Sha256 } from "../domain/Identifiers.ts"

/**
 * RFC 9457 problems with a stable `code`. Clients react to `code`; `title` and `detail` are for people.
 * `type` is `urn:patchctl:problem:<code>`.
 */
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()(
  "InvalidRequest",
  {
    type: "urn:patchctl:problem:invalid_request",
    status: 400,
    title: "The request is not of the expected shape",
  },
  { code: Schema.tag("invalid_request") },
) {}

export class InvalidLicenseKey extends HttpApiError.Problem<InvalidLicenseKey>()(
  "InvalidLicenseKey",
  { type: "urn:patchctl:problem:invalid_license_key", status: 401, title: "Invalid license key" },
  { code: Schema.tag("invalid_license_key") },
) {}

export class BadRequestSignature extends HttpApiError.Problem<BadRequestSignature>()(
  "BadRequestSignature",
  {
    type: "urn:patchctl:problem:bad_request_signature",
    status: 401,
    title: "The request signature does not verify",
  },
  { code: Schema.tag("bad_request_signature") },
) {}

export class UnknownAgent extends HttpApiError.Problem<UnknownAgent>()(
  "UnknownAgent",
  { type: "urn:patchctl:problem:unknown_agent", status: 401, title: "This agent is not enrolled here" },
  { code: Schema.tag("unknown_agent") },
) {}

export class InvalidToken extends HttpApiError.Problem<InvalidToken>()(
  "InvalidToken",
  { type: "urn:patchctl:problem:invalid_token", status: 401, title: "The operator token is not valid" },
  { code: Schema.tag("invalid_token") },
) {}

export class InsufficientScope extends HttpApiError.Problem<InsufficientScope>()(
  "InsufficientScope",
  { type: "urn:patchctl:problem:insufficient_scope", status: 403, title: "The operator token lacks a scope" },
  { code: Schema.tag("insufficient_scope"), scope: Schema.String },
) {}

export class NotFound extends HttpApiError.Problem<NotFound>()(
  "NotFound",
  { type: "urn:patchctl:problem:not_found", status: 404, title: "No such server, scan, command or file" },
  { code: Schema.tag("not_found") },
) {}

export class SnapshotMismatch extends HttpApiError.Problem<SnapshotMismatch>()(
  "SnapshotMismatch",
  {
    type: "urn:patchctl:problem:snapshot_mismatch",
    status: 409,
    title: "The server holds another snapshot: send the whole",
  },
  { code: Schema.tag("snapshot_mismatch"), held: Schema.optionalKey(Sha256) },
) {}

export class PayloadTooLarge extends HttpApiError.Problem<PayloadTooLarge>()(
  "PayloadTooLarge",
  {
    type: "urn:patchctl:problem:payload_too_large",
    status: 413,
    title: "The body is larger than the server takes",
  },
  { code: Schema.tag("payload_too_large"), limitBytes: Schema.Int },
) {}

export class TooManyRequests extends HttpApiError.Problem<TooManyRequests>()(
  "TooManyRequests",
  { type: "urn:patchctl:problem:too_many_requests", status: 429, title: "Slow down" },
  { code: Schema.tag("too_many_requests") },
) {}

export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  {
    type: "urn:patchctl:problem:unavailable",
    status: 503,
    title: "The server cannot store anything just now",
  },
  { code: Schema.tag("unavailable") },
) {}

export class InternalError extends HttpApiError.Problem<InternalError>()(
  "InternalError",
  { type: "urn:patchctl:problem:internal_error", status: 500, title: "The server failed" },
  { code: Schema.tag("internal_error") },
) {}

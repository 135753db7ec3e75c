import * as Schema from "effect/Schema"
import { RequestFailed, type TlsProblem, TlsRefused } from "../ControlPlane.ts"
import type { Proxy } from "./proxy.ts"

/** What Node tells about a failed connection. Everything is optional, because everything is by convention. */
const NodeFailure = Schema.Struct({
  code: Schema.optional(Schema.String),
  message: Schema.optional(Schema.String),
  hostname: Schema.optional(Schema.String),
  port: Schema.optional(Schema.Finite),
  statusCode: Schema.optional(Schema.Finite),
})
type NodeFailure = typeof NodeFailure.Type

const isNodeFailure = Schema.is(NodeFailure)
/** One failed try for each address of a host ("happy eyeballs"); the first says why. */
const isAggregate = Schema.is(Schema.Struct({ errors: Schema.NonEmptyArray(NodeFailure) }))

/** Node's words for what was wrong with a certificate (tls.html, "X509 certificate error codes"). */
const certificateProblems: Readonly<Record<string, TlsProblem>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "self_signed",
  CERT_HAS_EXPIRED: "certificate_expired",
  CERT_NOT_YET_VALID: "certificate_not_yet_valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "wrong_name",
  HOSTNAME_MISMATCH: "wrong_name",
  PATCHCTL_PIN_MISMATCH: "pin_mismatch",
}

/** Every other reason for which OpenSSL distrusts a chain: an unknown, missing, misused or revoked issuer. */
const distrusted =
  /^(?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|INVALID_|CRL_|PATH_LENGTH_|EE_KEY_|CA_|EXCLUDED_|PERMITTED_)/

/**
 * The OpenSSL errors (`openssl errstr`) of a server without TLS 1.3: its alert "protocol version", or its choice
 * of an older version. Node reports both as EPROTO with the number in the message, or as ERR_SSL_ and the words.
 */
const otherVersion = /error:0A00(?:042E|0102):|TLSV1_ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/

const tlsProblemOf = ({ code = "", message = "" }: NodeFailure): TlsProblem | undefined => {
  const problem = certificateProblems[code]
  if (problem !== undefined) return problem
  if (distrusted.test(code)) return "untrusted_issuer"
  if (code !== "EPROTO" && !code.startsWith("ERR_SSL_")) return undefined
  return otherVersion.test(`${code} ${message}`) ? "tls_version" : "handshake_failed"
}

const failed = (code: RequestFailed["code"], detail: string, retryable = true) =>
  new RequestFailed({ code, detail, retryable })

/** The proxy refused (407, 403) or could not be reached; only the latter may pass. */
const proxyFailure = ({ code, statusCode }: NodeFailure) => {
  if (statusCode === 407)
    return failed("proxy", "the proxy asks for credentials: put them into its URL", false)
  if (statusCode !== undefined) {
    return failed("proxy", `the proxy refused the connection with ${statusCode}`, statusCode >= 500)
  }
  return failed("proxy", `the proxy cannot be used (${code ?? "unknown reason"})`)
}

const isOfProxy = (failure: NodeFailure, proxy: Proxy | undefined) =>
  failure.code === "ERR_PROXY_TUNNEL" ||
  (proxy !== undefined && (failure.hostname === proxy.hostname || failure.port === proxy.port))

/**
 * Why no answer arrived from `host`, from the error that node:https emitted. Only codes of our own choice and
 * Node's error codes get into the message.
 */
export const connectionFailure = (
  cause: unknown,
  host: string,
  proxy: Proxy | undefined,
): TlsRefused | RequestFailed => {
  const failure = isAggregate(cause) ? cause.errors[0] : isNodeFailure(cause) ? cause : {}
  const code = failure.code ?? ""
  const tls = tlsProblemOf(failure)
  if (tls !== undefined) return new TlsRefused({ code: tls, host })
  if (isOfProxy(failure, proxy)) return proxyFailure(failure)
  switch (code) {
    case "ENOTFOUND":
      return failed("dns", `there is no address for ${host}: check api_url and the resolver`)
    case "EAI_AGAIN":
      return failed("dns", `the resolver does not answer for ${host}`)
    case "ECONNREFUSED":
      return failed("connection_refused", `nothing listens at ${host}`)
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EACCES":
    case "EPERM":
      return failed(
        "connection_refused",
        `${host} cannot be reached from here (${code}): check route and firewall`,
      )
    case "ETIMEDOUT":
      return failed("timed_out", `${host} does not answer`)
    default:
      if (code.startsWith("EAI_")) return failed("dns", `the resolver failed for ${host} (${code})`)
      if (code.startsWith("HPE_"))
        return failed("response_malformed", `${host} does not speak HTTP (${code})`)
      return failed("connection_lost", `the connection to ${host} broke${code === "" ? "" : ` (${code})`}`)
  }
}

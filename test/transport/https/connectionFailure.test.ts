import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { connectionFailure } from "../../../src/transport/https/connectionFailure.ts"

const proxy = { url: Redacted.make("http://proxy:3128"), hostname: "proxy", port: 3128, except: "" }

const openssl = (number: string, words: string) => ({
  code: "EPROTO",
  message: `write EPROTO 408D6483697F0000:error:${number}:SSL routines:ssl3_read_bytes:${words}:../deps/x.c:918:\n`,
})

const refused = { code: "ECONNREFUSED", syscall: "connect", address: "192.0.2.1", port: 443 }

describe("a connection that fails", () => {
  for (const [name, cause, code, retryable] of [
    ["without an address", { code: "ENOTFOUND", hostname: "api.test" }, "dns", true],
    ["with a resolver that is down", { code: "EAI_AGAIN", hostname: "api.test" }, "dns", true],
    ["with a resolver that fails otherwise", { code: "EAI_FAIL", hostname: "api.test" }, "dns", true],
    ["at a closed port", refused, "connection_refused", true],
    ["at every address", { code: "ECONNREFUSED", errors: [refused, refused] }, "connection_refused", true],
    ["without a route", { code: "ENETUNREACH", port: 443 }, "connection_refused", true],
    ["by a packet filter", { code: "EPERM", port: 443 }, "connection_refused", true],
    ["without an answer", { code: "ETIMEDOUT", port: 443 }, "timed_out", true],
    ["half-way", { code: "ECONNRESET" }, "connection_lost", true],
    ["in a way nobody foresaw", new Error("?"), "connection_lost", true],
    ["with no reason at all", undefined, "connection_lost", true],
    ["at the proxy's port", { ...refused, port: 3128 }, "proxy", true],
    ["at the proxy's every address", { errors: [{ ...refused, port: 3128 }] }, "proxy", true],
    ["without an address of the proxy", { code: "ENOTFOUND", hostname: "proxy" }, "proxy", true],
    ["in the proxy", { code: "ERR_PROXY_TUNNEL" }, "proxy", true],
    ["by the proxy's will", { code: "ERR_PROXY_TUNNEL", statusCode: 403 }, "proxy", false],
    ["with an answer that is no HTTP", { code: "HPE_INVALID_CONSTANT" }, "response_malformed", true],
  ] as const) {
    it(`${name} is ${code}`, () => {
      const failure = connectionFailure(cause, "api.test", proxy)
      assert.strictEqual(failure._tag, "RequestFailed")
      assert.strictEqual(failure.code, code)
      assert.strictEqual("retryable" in failure && failure.retryable, retryable)
    })
  }

  for (const [name, cause, code] of [
    ["alert protocol version", openssl("0A00042E", "tlsv1 alert protocol version"), "tls_version"],
    ["unsupported protocol", openssl("0A000102", "unsupported protocol"), "tls_version"],
    ["ERR_SSL_ with the same words", { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" }, "tls_version"],
    ["alert handshake failure", openssl("0A000410", "ssl/tls alert handshake failure"), "handshake_failed"],
    ["wrong version number", openssl("0A00010B", "wrong version number"), "handshake_failed"],
    ["a revoked certificate", { code: "CERT_REVOKED" }, "untrusted_issuer"],
    ["a certificate signed by no CA", { code: "INVALID_CA" }, "untrusted_issuer"],
    ["an issuer that is not sent", { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }, "untrusted_issuer"],
  ] as const) {
    it(`in TLS with ${name} is ${code}`, () => {
      const failure = connectionFailure(cause, "api.test", proxy)
      assert.strictEqual(failure._tag, "TlsRefused")
      assert.strictEqual(failure.code, code)
    })
  }

  it.prop("is always explained, in words of ours", [Schema.Unknown], ([cause]) => {
    const { message } = connectionFailure(cause, "api.test", undefined)
    assert.include(message, "api.test")
  })
})

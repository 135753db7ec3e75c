import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { beatOutcome, idleReply, transport, type TransportOptions } from "../../fakes/agentTransport.ts"
import { caFile, makePkiWithFile } from "../../fakes/caFile.ts"
import { startProxy } from "../../fakes/ConnectProxy.ts"
import { json, startServer } from "../../fakes/MisbehavingServer.ts"
import { issueCertificate, makePki, type TestCertificate } from "../../fakes/TestPki.ts"

interface Situation extends Partial<TransportOptions> {
  readonly tls?: Parameters<typeof startServer>[2]
}

/** One beat to a server with this certificate: how it went, and how many requests the server saw. */
const beatTo = Effect.fnUntraced(function* (
  certificate: Pick<TestCertificate, "pem" | "privateKeyPem">,
  { tls, ...options }: Situation,
) {
  const server = yield* startServer(certificate, (_, response) => json(response, idleReply), tls)
  const outcome = yield* beatOutcome.pipe(
    Effect.provide(transport({ ...options, config: { api_url: server.url, ...options.config } })),
  )
  return [outcome, server.received.length] as const
})

const localhost = ["localhost", "127.0.0.1"]

describe("the server's certificate", () => {
  it.live("is trusted when its CA is in ca_file, wherever in it", () =>
    Effect.gen(function* () {
      const { server, root } = yield* makePki
      const other = yield* issueCertificate({ subject: "Other Root", authority: true })
      const ca_file = yield* caFile(other, root)
      assert.deepStrictEqual(yield* beatTo(server, { config: { ca_file } }), ["answered", 1])
    }),
  )

  it.live("is trusted when the host's bundle has its CA", () =>
    Effect.gen(function* () {
      const { server, ca } = yield* makePkiWithFile
      const outcome = yield* beatTo(server, { config: {}, variables: { SSL_CERT_FILE: ca } })
      assert.deepStrictEqual(outcome, ["answered", 1])
    }),
  )

  it.live("is refused when only the host's bundle has its CA and ca_file is set", () =>
    Effect.gen(function* () {
      const { server, ca } = yield* makePkiWithFile
      const other = yield* issueCertificate({ subject: "Other Root", authority: true })
      const config = { ca_file: yield* caFile(other) }
      assert.deepStrictEqual(yield* beatTo(server, { config, variables: { SSL_CERT_FILE: ca } }), [
        "untrusted_issuer",
        0,
      ])
    }),
  )

  it.live("is refused as untrusted_issuer when nobody knows its CA", () =>
    Effect.gen(function* () {
      const { server } = yield* makePki
      assert.deepStrictEqual(yield* beatTo(server, { config: {} }), ["untrusted_issuer", 0])
    }),
  )

  it.live("is refused as untrusted_issuer when the server sends its unknown root along", () =>
    Effect.gen(function* () {
      const { server, root } = yield* makePki
      const chain = { ...server, pem: `${server.pem}\n${root.pem}` }
      assert.deepStrictEqual(yield* beatTo(chain, { config: {} }), ["untrusted_issuer", 0])
    }),
  )

  it.live("is refused as self_signed", () =>
    Effect.gen(function* () {
      const alone = yield* issueCertificate({ subject: "alone", hosts: localhost })
      assert.deepStrictEqual(yield* beatTo(alone, { config: {} }), ["self_signed", 0])
    }),
  )

  for (const [problem, order] of [
    ["wrong_name", { hosts: ["other.example.com"] }],
    ["certificate_expired", { hosts: localhost, from: -30, until: -1 }],
    ["certificate_not_yet_valid", { hosts: localhost, from: 1 }],
  ] as const) {
    it.live(`is refused as ${problem}`, () =>
      Effect.gen(function* () {
        const { root, ca } = yield* makePkiWithFile
        const certificate = yield* issueCertificate({ subject: "server", issuer: root, ...order })
        assert.deepStrictEqual(yield* beatTo(certificate, { config: { ca_file: ca } }), [problem, 0])
      }),
    )
  }

  it.live("is refused even with NODE_TLS_REJECT_UNAUTHORIZED=0", () =>
    Effect.gen(function* () {
      const name = "NODE_TLS_REJECT_UNAUTHORIZED"
      yield* Effect.acquireRelease(
        Effect.sync(() => (process.env[name] = "0")),
        () => Effect.sync(() => delete process.env[name]),
      )
      const { root, server, ca } = yield* makePkiWithFile
      const foreign = yield* issueCertificate({
        subject: "server",
        hosts: ["other.example.com"],
        issuer: root,
      })
      assert.deepStrictEqual(yield* beatTo(server, { config: {} }), ["untrusted_issuer", 0])
      assert.deepStrictEqual(yield* beatTo(foreign, { config: { ca_file: ca } }), ["wrong_name", 0])
      const pins = [`sha256/${"A".repeat(43)}=`]
      assert.deepStrictEqual(yield* beatTo(server, { config: { ca_file: ca, pins } }), ["pin_mismatch", 0])
    }),
  )
})

describe("the protocol", () => {
  it.live("is refused as tls_version from a server that has only TLS 1.2", () =>
    Effect.gen(function* () {
      const { server, ca } = yield* makePkiWithFile
      const outcome = yield* beatTo(server, { config: { ca_file: ca }, tls: { maxVersion: "TLSv1.2" } })
      assert.deepStrictEqual(outcome, ["tls_version", 0])
    }),
  )

  it.live("is refused as handshake_failed from a server that has none", () =>
    Effect.gen(function* () {
      const port = yield* startProxy().pipe(Effect.map((plain) => plain.port))
      const outcome = yield* beatOutcome.pipe(
        Effect.provide(transport({ config: { api_url: `https://localhost:${port}` } })),
      )
      assert.strictEqual(outcome, "handshake_failed")
    }),
  )
})

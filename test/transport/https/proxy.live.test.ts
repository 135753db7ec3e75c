import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { beat, configOf, environmentOf, idleReply, transport } from "../../fakes/agentTransport.ts"
import { makePkiWithFile } from "../../fakes/caFile.ts"
import { startProxy } from "../../fakes/ConnectProxy.ts"
import { json, startServer } from "../../fakes/MisbehavingServer.ts"
import { proxyFor, readProxy } from "../../../src/transport/https/proxy.ts"
import { RequestFailed, TlsRefused } from "../../../src/transport/ControlPlane.ts"

/** A control plane, and what it takes to reach it through a proxy that answers CONNECT with `status`. */
const start = Effect.fnUntraced(function* (status?: number) {
  const { server: certificate, ca } = yield* makePkiWithFile
  const server = yield* startServer(certificate, (_, response) => json(response, idleReply))
  const proxy = yield* startProxy(status)
  return { server, proxy, pin: certificate.pin, base: { api_url: server.url, ca_file: ca } }
})

/** A proxy that nobody runs: the port was free a moment ago. */
const deadProxy = Effect.scoped(Effect.map(startProxy(), ({ url }) => url))

const assertProxyFailed = (error: unknown, retryable: boolean) => {
  assert.instanceOf(error, RequestFailed)
  assert.deepStrictEqual([error.code, error.retryable], ["proxy", retryable])
}

describe("a proxy", () => {
  it.live("from the configuration is used, with pins and TLS 1.3 to the server behind it", () =>
    Effect.gen(function* () {
      const { server, proxy, base, pin } = yield* start()
      const config = { ...base, proxy: proxy.url, pins: [pin] }
      yield* Effect.provide(Effect.repeat(beat, { times: 1 }), transport({ config }))
      // One tunnel carries both beats.
      assert.deepStrictEqual(proxy.asked, [{ target: `localhost:${server.port}`, authorization: undefined }])
      assert.strictEqual(server.received.length, 2)
    }),
  )

  it.live("gets the credentials of its URL", () =>
    Effect.gen(function* () {
      const { proxy, base } = yield* start()
      const config = { ...base, proxy: proxy.url.replace("://", "://user:p%40ss@") }
      yield* Effect.provide(beat, transport({ config }))
      const basic = `Basic ${Buffer.from("user:p@ss").toString("base64")}`
      assert.strictEqual(proxy.asked[0]?.authorization, basic)
    }),
  )

  it.live("does not weaken the checks of the server behind it", () =>
    Effect.gen(function* () {
      const { proxy, base } = yield* start()
      const pins = [`sha256/${"A".repeat(43)}=`]
      const wrongPin = { ...base, proxy: proxy.url, pins }
      const pinError = yield* Effect.provide(Effect.flip(beat), transport({ config: wrongPin }))
      assert.instanceOf(pinError, TlsRefused)
      assert.strictEqual(pinError.code, "pin_mismatch")
      const unknownCa = { api_url: base.api_url, proxy: proxy.url }
      const caError = yield* Effect.provide(Effect.flip(beat), transport({ config: unknownCa }))
      assert.instanceOf(caError, TlsRefused)
      assert.strictEqual(caError.code, "untrusted_issuer")
    }),
  )

  for (const [status, retryable] of [
    [407, false],
    [403, false],
    [502, true],
  ] as const) {
    it.live(`that answers ${status} is told apart, ${retryable ? "and" : "not"} tried again`, () =>
      Effect.gen(function* () {
        const { server, proxy, base } = yield* start(status)
        const config = { ...base, proxy: proxy.url.replace("://", "://user:secret@") }
        const error = yield* Effect.provide(Effect.flip(beat), transport({ config, times: 1 }))
        assertProxyFailed(error, retryable)
        assert.notInclude(error.message, "secret")
        assert.strictEqual(proxy.asked.length, retryable ? 2 : 1)
        assert.strictEqual(server.received.length, 0)
      }),
    )
  }

  it.live("that does not listen, or has no address, is told apart", () =>
    Effect.gen(function* () {
      const { base } = yield* start()
      for (const proxy of [yield* deadProxy, "http://proxy.invalid:3128"]) {
        const error = yield* Effect.provide(Effect.flip(beat), transport({ config: { ...base, proxy } }))
        assertProxyFailed(error, true)
      }
    }),
  )
})

describe("the proxy variables", () => {
  for (const name of ["HTTPS_PROXY", "https_proxy"]) {
    it.live(`${name} counts, also without a scheme`, () =>
      Effect.gen(function* () {
        const { proxy, base } = yield* start()
        for (const value of [proxy.url, `127.0.0.1:${proxy.port}`]) {
          yield* Effect.provide(beat, transport({ config: base, variables: { [name]: value } }))
        }
        assert.strictEqual(proxy.asked.length, 2)
      }),
    )
  }

  const direct: ReadonlyArray<readonly [string, { no_proxy?: Array<string> }, Record<string, string>]> = [
    ["NO_PROXY names the server", {}, { NO_PROXY: "example.com,localhost" }],
    ["no_proxy of the configuration names the server", { no_proxy: ["localhost"] }, {}],
    ["no_proxy of the configuration is *", { no_proxy: ["*"] }, {}],
  ]
  for (const [name, keys, variables] of direct) {
    it.live(`do not count when ${name}`, () =>
      Effect.gen(function* () {
        const { proxy, base } = yield* start()
        const environment = { HTTPS_PROXY: proxy.url, ...variables }
        yield* Effect.provide(beat, transport({ config: { ...base, ...keys }, variables: environment }))
        assert.deepStrictEqual(proxy.asked, [])
      }),
    )
  }

  it.live("give way to the configuration", () =>
    Effect.gen(function* () {
      const { proxy, base } = yield* start()
      const variables = { HTTPS_PROXY: "http://proxy.invalid:3128", NO_PROXY: "localhost" }
      yield* Effect.provide(beat, transport({ config: { ...base, proxy: proxy.url }, variables }))
      assert.strictEqual(proxy.asked.length, 1)
    }),
  )

  it.live("except hosts as Node's agent does, so that a failure is never blamed on a proxy out of play", () =>
    Effect.gen(function* () {
      const { server, proxy, base } = yield* start()
      const url = new URL(server.url)
      const entries = [
        "*",
        "localhost",
        " LOCALHOST ,x",
        `localhost:${server.port}`,
        ".localhost",
        "*.localhost",
      ]
      for (const except of [...entries, "localhost:1", "host", "ocalhost", "127.0.0.1", "x,,y"]) {
        const before = proxy.asked.length
        const variables = { HTTPS_PROXY: proxy.url, NO_PROXY: except }
        yield* Effect.provide(beat, transport({ config: base, variables }))
        const expected = proxyFor(
          yield* Effect.provide(readProxy, [configOf({}), environmentOf(variables)]),
          url,
        )
        assert.strictEqual(proxy.asked.length > before, expected !== undefined, except)
      }
    }),
  )
})

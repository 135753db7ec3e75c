import { assert, describe, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AgentConfigFile } from "../../../src/config/AgentConfig.ts"
import { AgentConfig } from "../../../src/config/AgentConfig.ts"
import type { SelfCheck } from "../../../src/domain/SelfCheck.ts"
import * as HttpsServerProbe from "../../../src/transport/https/HttpsServerProbe.ts"
import { ServerProbe } from "../../../src/transport/ServerProbe.ts"
import { configOf, environmentOf, licenseKey } from "../../fakes/agentTransport.ts"
import { makePkiWithFile } from "../../fakes/caFile.ts"
import { startProxy } from "../../fakes/ConnectProxy.ts"
import { type Answer, problem, startServer } from "../../fakes/MisbehavingServer.ts"
import { issueCertificate } from "../../fakes/TestPki.ts"

type Keys = Partial<typeof AgentConfigFile.Encoded>

/** Asks a probe with this patience under a configuration of these keys. */
const withProbe = <A, E>(
  keys: Keys,
  use: (probe: ServerProbe["Service"], config: AgentConfig["Service"]) => Effect.Effect<A, E>,
  timeout = Duration.seconds(5),
) =>
  Effect.gen(function* () {
    return yield* use(yield* ServerProbe, yield* AgentConfig)
  }).pipe(
    Effect.provide(
      HttpsServerProbe.layerTimeout(timeout).pipe(
        Layer.provide([environmentOf({}), NodeFileSystem.layer]),
        Layer.merge(configOf(keys)),
      ),
    ),
  )

const connectionOf = (keys: Keys, timeout?: Duration.Duration) =>
  withProbe(keys, (probe, config) => probe.connection(config), timeout)

const outcomes = (checks: ReadonlyArray<SelfCheck>) => checks.map(({ name, outcome }) => `${name} ${outcome}`)
const detailOf = (checks: ReadonlyArray<SelfCheck>, name: string) =>
  checks.find((check) => check.name === name)?.detail ?? ""

/** The steps in order, of which `failing` fails. */
const endingAt = (failing: string) => {
  const steps = ["dns", "tcp", "tls", "certificate", "pins", "clock"]
  const end = steps.indexOf(failing)
  return steps.map((step, index) => `${step} ${index < end ? "ok" : index === end ? "failed" : "skipped"}`)
}

const end: Answer = (_, response) => response.end()

const start = Effect.fnUntraced(function* (answer: Answer = end) {
  const { root, server: certificate, ca } = yield* makePkiWithFile
  const server = yield* startServer(certificate, answer)
  return { server, root, pin: certificate.pin, base: { api_url: server.url, ca_file: ca } }
})

describe("the probe of a connection", () => {
  it.live("tells address, TLS version, certificate, pins and clock", () =>
    Effect.gen(function* () {
      const { base, pin } = yield* start()
      const checks = yield* connectionOf({ ...base, pins: [pin] })
      assert.deepStrictEqual(
        outcomes(checks),
        ["dns", "tcp", "tls", "certificate", "pins", "clock"].map((step) => `${step} ok`),
      )
      assert.match(detailOf(checks, "dns"), /^localhost is .*127\.0\.0\.1/)
      assert.match(detailOf(checks, "tcp"), /^connected to 127\.0\.0\.1$/)
      assert.match(detailOf(checks, "tls"), /^TLSv1\.3, TLS_/)
      assert.match(detailOf(checks, "certificate"), /^CN=server by CN=Test Root until \d{4}-\d{2}-\d{2}$/)
      assert.match(detailOf(checks, "clock"), /^this host is \d s /)
    }),
  )

  it.live("works through a proxy, and is then about the proxy's address", () =>
    Effect.gen(function* () {
      const { server, base } = yield* start()
      const proxy = yield* startProxy()
      const checks = yield* connectionOf({ ...base, proxy: proxy.url })
      assert(checks.every(({ outcome }) => outcome === "ok"))
      assert.strictEqual(detailOf(checks, "dns"), "127.0.0.1 is 127.0.0.1")
      assert.strictEqual(proxy.asked[0]?.target, `localhost:${server.port}`)
    }),
  )

  it.live("ends at dns without an address", () =>
    Effect.gen(function* () {
      const checks = yield* connectionOf({ api_url: "https://control-plane.invalid" })
      assert.deepStrictEqual(outcomes(checks), endingAt("dns"))
    }),
  )

  it.live("ends at tcp when nothing listens, and when the proxy refuses", () =>
    Effect.gen(function* () {
      const { base } = yield* start()
      const dead = yield* Effect.scoped(Effect.map(startProxy(), ({ port }) => `https://127.0.0.1:${port}`))
      assert.deepStrictEqual(outcomes(yield* connectionOf({ api_url: dead })), endingAt("tcp"))
      const refusing = yield* startProxy(407)
      const checks = yield* connectionOf({ ...base, proxy: refusing.url })
      assert.deepStrictEqual(outcomes(checks), endingAt("tcp"))
      assert.include(detailOf(checks, "tcp"), "asks for credentials")
    }),
  )

  it.live("ends at tls without TLS 1.3", () =>
    Effect.gen(function* () {
      const { server: certificate, ca } = yield* makePkiWithFile
      const server = yield* startServer(certificate, end, { maxVersion: "TLSv1.2" })
      const checks = yield* connectionOf({ api_url: server.url, ca_file: ca })
      assert.deepStrictEqual(outcomes(checks), endingAt("tls"))
    }),
  )

  it.live.each([
    ["valid only later", { hosts: ["localhost"], from: 1 }, /clock/],
    ["expired", { hosts: ["localhost"], from: -30, until: -1 }, /clock.*renew/],
    ["for another name", { hosts: ["other.example.com"] }, /api_url/],
  ] as const)("names what mends a certificate that is %s, not interception", ([, faulty, remedy]) =>
    Effect.gen(function* () {
      const { root, ca } = yield* makePkiWithFile
      const certificate = yield* issueCertificate({ subject: "server", issuer: root, ...faulty })
      const server = yield* startServer(certificate, end)
      const checks = yield* connectionOf({ api_url: server.url, ca_file: ca })
      const found = checks.find(({ name }) => name === "certificate")
      if (found?.outcome !== "failed") return assert.fail("the certificate was not refused")
      assert.match(found.remedy, remedy)
      assert.notMatch(found.remedy, /intercept/)
    }).pipe(Effect.scoped),
  )

  it.live("ends at certificate with who issued what was shown", () =>
    Effect.gen(function* () {
      const { base } = yield* start()
      const checks = yield* connectionOf({ api_url: base.api_url })
      assert.deepStrictEqual(outcomes(checks), endingAt("certificate"))
      assert.match(detailOf(checks, "certificate"), /unknown issuer.*\(CN=server by CN=Test Root until/)
    }),
  )

  it.live("ends at certificate when it is for another name, also through a proxy", () =>
    Effect.gen(function* () {
      const { root, base } = yield* start()
      const other = yield* issueCertificate({ subject: "o", hosts: ["other.example.com"], issuer: root })
      const server = yield* startServer(other, end)
      const proxy = yield* startProxy()
      for (const way of [{}, { proxy: proxy.url }]) {
        const checks = yield* connectionOf({ ...base, ...way, api_url: server.url })
        assert.deepStrictEqual(outcomes(checks), endingAt("certificate"))
      }
    }),
  )

  it.live("ends at pins with the pins that would match", () =>
    Effect.gen(function* () {
      const { base, pin } = yield* start()
      const checks = yield* connectionOf({ ...base, pins: [`sha256/${"A".repeat(43)}=`] })
      assert.deepStrictEqual(outcomes(checks), endingAt("pins"))
      assert.include(detailOf(checks, "pins"), `CN=server ${pin}`)
    }),
  )

  it.live("warns of a certificate that soon expires", () =>
    Effect.gen(function* () {
      const { root, base } = yield* start()
      const soon = yield* issueCertificate({ subject: "s", hosts: ["localhost"], issuer: root, until: 8 })
      const server = yield* startServer(soon, end)
      const checks = yield* connectionOf({ ...base, api_url: server.url })
      assert.include(outcomes(checks), "certificate warning")
      assert.include(detailOf(checks, "certificate"), "7 days left")
    }),
  )

  for (const [seconds, outcome] of [
    [-600, "failed"],
    [600, "failed"],
    [-90, "warning"],
  ] as const) {
    it.live(`calls a clock that is ${seconds} s off ${outcome}`, () =>
      Effect.gen(function* () {
        const { base } = yield* start((_, response) => {
          response.setHeader("date", new Date(Date.now() - seconds * 1000).toUTCString())
          response.end()
        })
        assert.include(outcomes(yield* connectionOf(base)), `clock ${outcome}`)
      }),
    )
  }

  it.live("says so when ca_file is not usable", () =>
    Effect.gen(function* () {
      const checks = yield* connectionOf({ ca_file: "/nowhere/ca.pem" })
      assert.strictEqual(outcomes(checks)[0], "config failed")
      assert(checks.slice(1).every(({ outcome }) => outcome === "skipped"))
    }),
  )

  it.live("does not wait for a silent server for longer than its time limit", () =>
    Effect.gen(function* () {
      const { base } = yield* start(() => undefined)
      const checks = yield* connectionOf(base, Duration.millis(300))
      assert.deepStrictEqual(outcomes(checks), endingAt("tcp"))
    }),
  )
})

describe("the probe of a licence key", () => {
  const verdict = (answer: Answer) =>
    Effect.gen(function* () {
      const { server, base } = yield* start(answer)
      const outcome = yield* withProbe(base, (probe, config) => probe.license(config)).pipe(
        Effect.match({ onSuccess: () => "accepted", onFailure: (error) => error._tag }),
      )
      return { outcome, received: server.received }
    })

  for (const [status, code, expected] of [
    [400, "invalid_request", "accepted"],
    [401, "bad_request_signature", "accepted"],
    [401, "invalid_license_key", "LicenseKeyRefused"],
    [503, "unavailable", "RequestFailed"],
    [404, "not_found", "RequestFailed"],
  ] as const) {
    it.live(`answered with ${status} ${code} is ${expected}`, () =>
      Effect.gen(function* () {
        const { outcome } = yield* verdict((_, response) => problem(response, status, code))
        assert.strictEqual(outcome, expected)
      }),
    )
  }

  it.live("sends the key and nothing else", () =>
    Effect.gen(function* () {
      const { received } = yield* verdict((_, response) => problem(response, 400, "invalid_request"))
      assert.strictEqual(received.length, 1)
      assert.strictEqual(received[0]?.url, "/v1/agents")
      assert.strictEqual(received[0]?.headers.authorization, `Bearer ${licenseKey}`)
      assert.strictEqual(received[0]?.body.toString(), "{}")
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { gunzipSync } from "node:zlib"
import { CommandResult } from "../../../src/domain/Command.ts"
import { Enrolment, ScanUpload } from "../../../src/protocol/AgentMessages.ts"
import { verifyRequest } from "../../../src/protocol/requestSignature.ts"
import { ControlPlane } from "../../../src/transport/ControlPlane.ts"
import { agentId, agentKey, beat, idleReply, licenseKey, transport } from "../../fakes/agentTransport.ts"
import { beatTo, startTrusted } from "../../fakes/beatTo.ts"
import { makePkiWithFile } from "../../fakes/caFile.ts"
import { type Answer, json, problem, type Received, startServer } from "../../fakes/MisbehavingServer.ts"

const enrolled = {
  agentId,
  exchangeToken: "token",
  issuer: "https://issuer.example",
  organization: "org",
  commandKeys: [agentKey.publicKey],
  nextBeatSeconds: 300,
  features: [],
}
const scanId = "scn_00000000-0000-4000-8000-000000000001"
const commandId = "cmd_00000000-0000-4000-8000-000000000001"

/** Any message of this shape: what is in it is not the transport's business. */
const anyOf = <A>(schema: Schema.Schema<A>) =>
  Effect.map(Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 1, seed: 1 }), ([first]) => first)

const verify = Effect.fnUntraced(function* (
  port: number,
  { method, url, headers, body }: Received,
  keyid: string,
) {
  return yield* verifyRequest(
    {
      method,
      url: `https://localhost:${port}${url}`,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()])),
      body,
    },
    yield* DateTime.now,
    (asked) => Effect.succeed(asked === keyid ? Option.some(agentKey.publicKey) : Option.none()),
  )
})

const decodeJson = Schema.decodeSync(Schema.fromJsonString(Schema.Unknown))
const bodyOf = ({ headers, body }: Received) =>
  decodeJson((headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString())

describe("each call", () => {
  it.live("goes to its path, signed by the agent, and brings back its reply", () =>
    Effect.gen(function* () {
      const replies: Readonly<Record<string, unknown>> = {
        "/v1/agents": enrolled,
        "/v1/heartbeats": idleReply,
        "/v1/scans": { scanId, digest: "0".repeat(64) },
        "/v1/results": { acknowledged: commandId },
      }
      const { server, layer } = yield* startTrusted(({ url }, response) => json(response, replies[url]))
      const enrolment = yield* anyOf(Enrolment)
      const upload = yield* anyOf(ScanUpload)
      const result = yield* anyOf(CommandResult)
      assert(enrolment !== undefined && upload !== undefined && result !== undefined)

      yield* Effect.gen(function* () {
        const controlPlane = yield* ControlPlane
        const answer = yield* controlPlane.enrol(enrolment, Redacted.make(licenseKey))
        assert.strictEqual(answer.agentId, agentId)
        assert.strictEqual((yield* controlPlane.uploadScan(agentId, upload)).scanId, scanId)
        assert.strictEqual((yield* controlPlane.deliverResult(agentId, result)).acknowledged, commandId)
      }).pipe(Effect.provide(layer))

      const [first, ...others] = server.received
      assert(first !== undefined)
      assert.deepStrictEqual(
        server.received.map(({ method, url }) => `${method} ${url}`),
        ["POST /v1/agents", "POST /v1/scans", "POST /v1/results"],
      )
      assert.strictEqual(first.headers.authorization, `Bearer ${licenseKey}`)
      assert.strictEqual(
        (yield* verify(server.port, first, agentKey.publicKey.kid)).keyid,
        agentKey.publicKey.kid,
      )
      assert.deepStrictEqual(
        bodyOf(first),
        yield* Schema.encodeEffect(Schema.toCodecJson(Enrolment))(enrolment),
      )
      for (const request of others) {
        assert.isUndefined(request.headers.authorization)
        assert.strictEqual((yield* verify(server.port, request, agentId)).keyid, agentId)
      }
    }),
  )

  it.live("keeps the path of api_url, with or without a slash at its end", () =>
    Effect.gen(function* () {
      const { server: certificate, ca } = yield* makePkiWithFile
      const server = yield* startServer(certificate, (_, response) => json(response, idleReply))
      for (const path of ["/patchctl", "/patchctl/"]) {
        const config = { api_url: `${server.url}${path}`, ca_file: ca }
        yield* Effect.provide(beat, transport({ config }))
      }
      for (const request of server.received) {
        assert.strictEqual(request.url, "/patchctl/v1/heartbeats")
        yield* verify(server.port, request, agentId)
      }
    }),
  )

  it.live("names the agent's version and sends no trace headers", () =>
    Effect.gen(function* () {
      const { received } = yield* beatTo((_, response) => json(response, idleReply))
      assert.match(received[0]?.headers["user-agent"] ?? "", /^patchctl-agent\/\d+\.\d+\.\d+/)
      assert.isUndefined(received[0]?.headers["traceparent"])
    }),
  )
})

describe("a refusal", () => {
  const refusals: ReadonlyArray<readonly [number, string, string]> = [
    [401, "invalid_license_key", "LicenseKeyRefused"],
    [403, "invalid_license_key", "LicenseKeyRefused"],
    [401, "unknown_agent", "AgentRefused"],
    [401, "bad_request_signature", "AgentRefused"],
    [409, "snapshot_mismatch", "RequestFailed"],
    [401, "another_code", "RequestFailed"],
    [500, "invalid_license_key", "RequestFailed"],
  ]
  for (const [status, code, tag] of refusals) {
    it.live(`of a beat with ${status} ${code} is ${tag}`, () =>
      Effect.gen(function* () {
        const { error, received } = yield* beatTo((_, response) => problem(response, status, code))
        assert.strictEqual(error?._tag, tag)
        assert.strictEqual(received.length, 1)
      }),
    )
  }

  it.live("of a scan with snapshot_mismatch is SnapshotRefused", () =>
    Effect.gen(function* () {
      const refuse: Answer = (_, response) => problem(response, 409, "snapshot_mismatch")
      const { layer } = yield* startTrusted(refuse, { times: 3 })
      const upload = yield* anyOf(ScanUpload)
      assert(upload !== undefined)
      const error = yield* ControlPlane.pipe(
        Effect.flatMap((controlPlane) => controlPlane.uploadScan(agentId, upload)),
        Effect.flip,
        Effect.provide(layer),
      )
      assert.strictEqual(error._tag, "SnapshotRefused")
    }),
  )
})

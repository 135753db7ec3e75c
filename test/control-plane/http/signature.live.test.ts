import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { makeAgentKey } from "../../fakes/agentKey.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { agentIdOf, heartbeat } from "../samples.ts"
import { enrolAgent, heartbeatBytes, outcomeOf, send, sendSigned } from "../signedCalls.ts"

const path = "/v1/heartbeats"

describe("requests of agents", () => {
  it.live("pass once: a repetition of the same bytes does not", () =>
    Effect.gen(function* () {
      const agent = yield* enrolAgent(1)
      const body = yield* heartbeatBytes(heartbeat(agent.exchangeToken))
      const nonce = "0123456789abcdef"
      const outcomes = yield* Effect.forEach([1, 2], () =>
        Effect.flatMap(sendSigned(path, agent.agentId, agent.key, body, { nonce }), outcomeOf),
      )
      assert.deepStrictEqual(outcomes, ["200", "401 bad_request_signature"])
      const { operator } = yield* TestControlPlane
      const server = yield* operator.server({ params: { agentId: agent.agentId } })
      assert.strictEqual(server.heartbeats, 1)
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("need the agent's own key, its body, and a clock that agrees", () =>
    Effect.gen(function* () {
      const agent = yield* enrolAgent(2)
      const body = yield* heartbeatBytes(heartbeat(agent.exchangeToken))
      const refused = yield* Effect.all([
        send(path, {}, body),
        sendSigned(path, agent.agentId, makeAgentKey(), body),
        sendSigned(path, agent.agentId, agent.key, body, { swappedBody: body.slice(0, -1) }),
        sendSigned(path, agent.agentId, agent.key, body, { ageSeconds: 310 }),
        sendSigned(path, agent.agentId, agent.key, body, { ageSeconds: -310 }),
      ])
      for (const answer of refused) {
        assert.strictEqual(yield* outcomeOf(answer), "401 bad_request_signature")
      }
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("of an agent nobody knows are told so", () =>
    Effect.gen(function* () {
      const body = yield* heartbeatBytes(heartbeat("t0"))
      const answers = yield* Effect.forEach([agentIdOf(99), "nobody"], (keyid) =>
        Effect.flatMap(sendSigned(path, keyid, makeAgentKey(), body), outcomeOf),
      )
      assert.deepStrictEqual(answers, ["401 unknown_agent", "401 unknown_agent"])
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("may be compressed with gzip or zstd, and with nothing else", () =>
    Effect.gen(function* () {
      const { exchangeToken, agentId, key } = yield* enrolAgent(3)
      const plain = yield* heartbeatBytes(heartbeat(exchangeToken, { sentAt: yield* DateTime.now }))
      const outcome = (coding: string, body: Uint8Array) =>
        Effect.flatMap(
          sendSigned(path, agentId, key, body, { headers: { "content-encoding": coding } }),
          outcomeOf,
        )
      assert.strictEqual(yield* outcome("gzip", gzipSync(plain)), "200")
      assert.strictEqual(yield* outcome("zstd", zstdCompressSync(plain)), "200")
      assert.strictEqual(yield* outcome("br", plain), "400 invalid_request")
      assert.strictEqual(yield* outcome("gzip", plain), "400 invalid_request")
      assert.strictEqual(
        yield* outcome("zstd", zstdCompressSync(plain).subarray(0, 40)),
        "400 invalid_request",
      )
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("are cut off at 8 MiB sent and 64 MiB decompressed", () =>
    Effect.gen(function* () {
      const { agentId, key } = yield* enrolAgent(4)
      const sent = yield* sendSigned(path, agentId, key, new Uint8Array(8 * 1024 * 1024 + 1))
      const bomb = zstdCompressSync(new Uint8Array(65 * 1024 * 1024))
      const decompressed = yield* sendSigned(path, agentId, key, bomb, {
        headers: { "content-encoding": "zstd" },
      })
      assert.strictEqual(yield* outcomeOf(sent), "413 payload_too_large")
      assert.strictEqual(yield* outcomeOf(decompressed), "413 payload_too_large")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )
})

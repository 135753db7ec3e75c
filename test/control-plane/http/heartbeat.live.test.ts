import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeProtectedHeader, importJWK, jwtVerify } from "jose"
import { snapshotDigest } from "../../../src/domain/snapshot.ts"
import { CommandClaims, commandType } from "../../../src/protocol/CommandEnvelope.ts"
import { ResultReceipt, ScanUpload } from "../../../src/protocol/AgentMessages.ts"
import { CommandResult } from "../../../src/domain/Command.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { commandIdOf, result, snapshotOf, summary } from "../samples.ts"
import { beat, enrolAgent, outcomeOf, sendSigned, type TestAgent } from "../signedCalls.ts"

const decodeClaims = Schema.decodeUnknownEffect(CommandClaims)
const decodeReceipt = Schema.decodeEffect(Schema.fromJsonString(ResultReceipt))
const encodeUpload = Schema.encodeEffect(Schema.fromJsonString(ScanUpload))
const encodeResult = Schema.encodeEffect(Schema.fromJsonString(CommandResult))
const bytes = (text: string) => new TextEncoder().encode(text)

/** Verifies an envelope with the keys pinned at enrolment, as an executor does. */
const verified = Effect.fnUntraced(function* (agent: TestAgent, envelope: string) {
  const header = decodeProtectedHeader(envelope)
  const key = yield* Effect.fromNullishOr(agent.commandKeys.find(({ kid }) => kid === header.kid))
  const { payload } = yield* Effect.promise(async () =>
    jwtVerify(envelope, await importJWK({ ...key }, "EdDSA"), {
      algorithms: ["EdDSA"],
      typ: commandType,
      issuer: agent.issuer,
      audience: agent.agentId,
    }),
  )
  return yield* decodeClaims(payload)
})

const queueHealthCheck = Effect.fnUntraced(function* ({ agentId }: TestAgent) {
  const { operator } = yield* TestControlPlane
  return yield* operator.queue({
    params: { agentId },
    payload: { command: { name: "health_check", parameters: {} }, valid_seconds: 600 },
  })
})

describe("heartbeats", () => {
  it.live("bring commands, signed and in order, until their results were taken", () =>
    Effect.gen(function* () {
      const { operator } = yield* TestControlPlane
      const agent = yield* enrolAgent()
      const first = yield* queueHealthCheck(agent)
      const second = yield* queueHealthCheck(agent)

      const reply = yield* beat(agent)
      const claims = yield* Effect.forEach(reply.commands, (envelope) => verified(agent, envelope))
      assert.deepStrictEqual(
        claims.map(({ jti, seq }) => [jti, seq]),
        [
          [first.commandId, 1],
          [second.commandId, 2],
        ],
      )
      assert.deepStrictEqual(claims[0]?.command, { name: "health_check", parameters: {} })
      assert.strictEqual((claims[0]?.exp ?? 0) - (claims[0]?.iat ?? 0), 600)
      assert.isBelow(claims[0]?.nbf ?? 0, claims[0]?.iat ?? 0)

      const results = [result(first.commandId)]
      const settled = yield* beat({ ...agent, exchangeToken: reply.exchangeToken }, { results })
      assert.deepStrictEqual(settled.acknowledged, [first.commandId])
      assert.deepStrictEqual(settled.commands, reply.commands.slice(1))
      const record = yield* operator.command({ params: { commandId: first.commandId } })
      assert.strictEqual(record.state, "finished")
      assert.strictEqual(record.result?.problem?.code, "sample")
      assert.strictEqual(record.queuedBy, "first operator")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("acknowledge a result again, and one for a command nobody queued", () =>
    Effect.gen(function* () {
      const agent = yield* enrolAgent()
      const { commandId } = yield* queueHealthCheck(agent)
      const results = [result(commandId), result(commandIdOf(1), { status: "refused" })]
      const once = yield* beat(agent, { results })
      const twice = yield* beat({ ...agent, exchangeToken: once.exchangeToken }, { results })
      for (const { acknowledged } of [once, twice]) {
        assert.deepStrictEqual(acknowledged, [commandId, commandIdOf(1)])
      }
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("ask for a snapshot that is not held, until it is", () =>
    Effect.gen(function* () {
      const { operator } = yield* TestControlPlane
      const agent = yield* enrolAgent()
      const rows = snapshotOf("bash=5.2", "dpkg=1.21")
      const snapshot = snapshotDigest(rows)
      const before = yield* beat(agent, { snapshot })
      const upload = yield* encodeUpload({ kind: "full", summary: summary(rows), ...rows })
      const stored = yield* sendSigned("/v1/scans", agent.agentId, agent.key, bytes(upload))
      const after = yield* beat({ ...agent, exchangeToken: before.exchangeToken }, { snapshot })
      assert.deepStrictEqual(before.want, ["snapshot"])
      assert.strictEqual(yield* outcomeOf(stored), "200")
      assert.deepStrictEqual(after.want, [])
      const server = yield* operator.server({ params: { agentId: agent.agentId } })
      assert.strictEqual(server.counts?.packages, 2)
      const scan = yield* operator.scan({ params: { agentId: agent.agentId } })
      assert.deepStrictEqual(scan.packages, rows.packages)
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("make a server online", () =>
    Effect.gen(function* () {
      const { operator } = yield* TestControlPlane
      const agent = yield* enrolAgent()
      const params = { agentId: agent.agentId }
      assert.isFalse((yield* operator.server({ params })).online, "before its first beat")
      const sent = yield* DateTime.now
      const reply = yield* beat(agent)
      assert.isTrue((yield* operator.server({ params })).online)
      assert.isTrue(DateTime.isGreaterThanOrEqualTo(reply.serverTime, sent))
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("of two hosts with one identity are noticed and both answered", () =>
    Effect.gen(function* () {
      const { operator } = yield* TestControlPlane
      const agent = yield* enrolAgent()
      const copy = { ...agent }
      const original = yield* beat(agent)
      yield* beat(copy)
      const again = yield* beat({ ...agent, exchangeToken: original.exchangeToken })
      assert.isNotEmpty(again.exchangeToken)
      const server = yield* operator.server({ params: { agentId: agent.agentId } })
      assert.isTrue(server.cloneSuspected)
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )
})

describe("results on their own", () => {
  it.live("are taken like those in a beat", () =>
    Effect.gen(function* () {
      const { operator } = yield* TestControlPlane
      const agent = yield* enrolAgent()
      const { commandId } = yield* queueHealthCheck(agent)
      const body = bytes(yield* encodeResult(result(commandId)))
      for (const _ of [1, 2]) {
        const answer = yield* sendSigned("/v1/results", agent.agentId, agent.key, body)
        assert.deepStrictEqual(yield* decodeReceipt(answer.body), { acknowledged: commandId })
      }
      const record = yield* operator.command({ params: { commandId } })
      assert.strictEqual(record.state, "finished")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )
})

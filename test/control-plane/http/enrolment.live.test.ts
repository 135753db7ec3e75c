import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { compactVerify } from "jose"
import { createPublicKey } from "node:crypto"
import { gzipSync } from "node:zlib"
import { AgentRenamingClaims, agentRenamingType } from "../../../src/protocol/AgentRenaming.ts"
import { makeAgentKey } from "../../fakes/agentKey.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { agentIdOf, enrolment, machineIdOf } from "../samples.ts"
import { enrolAgent, enrolmentBytes, outcomeOf, problemOf, send, sendSigned } from "../signedCalls.ts"

const path = "/v1/agents"

const decodeRenaming = Schema.decodeEffect(Schema.fromJsonString(AgentRenamingClaims))

const bearer = Effect.map(TestControlPlane, ({ licenseKey }) => ({
  authorization: `Bearer ${Redacted.value(licenseKey)}`,
}))

describe("enrolment", () => {
  it.live("names the agent, the keys to pin and the interval", () =>
    Effect.gen(function* () {
      const { operator } = yield* TestControlPlane
      const agent = yield* enrolAgent(1)
      assert.strictEqual(agent.nextBeatSeconds, 7)
      assert.match(agent.issuer, /^cp_/)
      assert.lengthOf(agent.commandKeys, 1)
      const servers = yield* operator.servers()
      assert.include(
        servers.map(({ agentId }) => agentId),
        agent.agentId,
      )
    }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )

  it.live(
    "signs that a host it has just named is not another any more, and repeats that when asked again",
    () =>
      Effect.gen(function* () {
        const { operator } = yield* TestControlPlane
        const former = agentIdOf(1)
        const key = makeAgentKey()
        const agent = yield* enrolAgent(1, { key, formerAgentId: former })
        const statement = (renaming: string | undefined) =>
          Effect.promise(() =>
            compactVerify(renaming ?? "", createPublicKey({ format: "jwk", key: agent.commandKeys[0] })),
          )
        const first = yield* statement(agent.renaming)
        assert.deepStrictEqual(first.protectedHeader, {
          alg: "EdDSA",
          typ: agentRenamingType,
          kid: agent.commandKeys[0].kid,
        })
        const claims = yield* decodeRenaming(new TextDecoder().decode(first.payload))
        const { iat: _, ...names } = claims
        assert.deepStrictEqual(names, {
          iss: agent.issuer,
          organization: agent.organization,
          from: former,
          to: agent.agentId,
        })
        const again = yield* enrolAgent(1, { key, formerAgentId: former })
        assert.strictEqual(again.agentId, agent.agentId)
        yield* statement(again.renaming)
        const server = yield* operator.server({ params: { agentId: agent.agentId } })
        assert.strictEqual(server.formerAgentId, former)
      }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )

  it.live("never signs that a host is an agent that has lived as another", () =>
    Effect.gen(function* () {
      const key = makeAgentKey()
      const living = yield* enrolAgent(1, { key })
      const asVictim = yield* enrolAgent(1, { key, formerAgentId: agentIdOf(9) })
      assert.strictEqual(asVictim.agentId, living.agentId)
      assert.isUndefined(asVictim.renaming)
      const second = makeAgentKey()
      yield* enrolAgent(2, { key: second, formerAgentId: agentIdOf(8) })
      assert.isUndefined((yield* enrolAgent(2, { key: second, formerAgentId: agentIdOf(9) })).renaming)
      assert.isUndefined((yield* enrolAgent(2, { key: second })).renaming)
    }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )

  it.live("needs a licence key that is known", () =>
    Effect.gen(function* () {
      const key = makeAgentKey()
      const body = yield* enrolmentBytes(enrolment(key.publicKey))
      for (const authorization of [`Bearer pk_live_${"0".repeat(32)}`, "Bearer ", "Basic x", undefined]) {
        const headers = authorization === undefined ? {} : { authorization }
        const answer = yield* sendSigned(path, key.publicKey.kid, key, body, { headers })
        assert.strictEqual(yield* outcomeOf(answer), "401 invalid_license_key")
        assert.include(answer.body, "Invalid license key")
      }
    }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )

  it.live("needs proof that the sender has the key it introduces", () =>
    Effect.gen(function* () {
      const headers = yield* bearer
      const [mine, victims] = [makeAgentKey(), makeAgentKey()]
      const body = yield* enrolmentBytes(enrolment(victims.publicKey, machineIdOf(2)))
      const unsigned = yield* send(path, headers, body)
      const otherKey = yield* sendSigned(path, victims.publicKey.kid, mine, body, { headers })
      const otherName = yield* sendSigned(path, mine.publicKey.kid, mine, body, { headers })
      for (const answer of [unsigned, otherKey, otherName]) {
        assert.strictEqual(yield* outcomeOf(answer), "401 bad_request_signature")
      }
    }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )

  it.live("needs the key's true thumbprint", () =>
    Effect.gen(function* () {
      const headers = yield* bearer
      const [mine, victims] = [makeAgentKey(), makeAgentKey()]
      const publicKey = { ...mine.publicKey, kid: victims.publicKey.kid }
      const body = yield* enrolmentBytes(enrolment(publicKey, machineIdOf(3)))
      const answer = yield* sendSigned(path, publicKey.kid, mine, body, { headers })
      assert.strictEqual(yield* outcomeOf(answer), "400 invalid_request")
    }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )

  it.live("refuses a body that is too large, before and after decompression", () =>
    Effect.gen(function* () {
      const headers = yield* bearer
      const key = makeAgentKey()
      const large = new Uint8Array(65 * 1024)
      const bomb = gzipSync(new Uint8Array(64 * 1024 * 1024))
      assert.isBelow(bomb.length, 65_536)
      const { kid } = key.publicKey
      const before = yield* sendSigned(path, kid, key, large, { headers })
      const after = yield* sendSigned(path, kid, key, bomb, {
        headers: { ...headers, "content-encoding": "gzip" },
      })
      assert.strictEqual(yield* outcomeOf(before), "413 payload_too_large")
      assert.strictEqual(yield* outcomeOf(after), "413 payload_too_large")
    }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )

  it.live("says where a body is not as documented, and not what it holds there", () =>
    Effect.gen(function* () {
      const headers = yield* bearer
      const key = makeAgentKey()
      const body = new TextEncoder().encode(
        JSON.stringify({ ...enrolment(key.publicKey), machineId: "a secret" }),
      )
      const answer = yield* sendSigned(path, key.publicKey.kid, key, body, { headers })
      const problem = yield* problemOf(answer)
      assert.strictEqual(problem.code, "invalid_request")
      assert.include(problem.detail ?? "", "payload.machineId")
      assert.notInclude(answer.body, "a secret")
    }).pipe(Effect.provide(TestControlPlane.layer({ heartbeatSeconds: 7 }))),
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Agents } from "../../../src/control-plane/persistence/Agents.ts"
import * as SqlitePersistence from "../../../src/control-plane/sqlite/sqlitePersistence.ts"
import { makeAgentKey } from "../../fakes/agentKey.ts"
import { agentIdOf, enrolment, facts, heartbeat, machineIdOf, noon } from "../samples.ts"
import { enrolled, layer, temporaryDatabase } from "../temporaryStore.ts"

const found = Effect.fnUntraced(function* (number: number, organization = "acme") {
  const agents = yield* Agents
  return yield* Effect.fromOption(yield* agents.find(organization, agentIdOf(number)))
})

describe("enrolment", () => {
  it.effect("gives the same machine with the same key its id again and a new token", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const message = enrolment(makeAgentKey().publicKey)
      const first = yield* agents.enrol("acme", message, { agentId: agentIdOf(1), exchangeToken: "t0" }, noon)
      const again = yield* agents.enrol("acme", message, { agentId: agentIdOf(2), exchangeToken: "t1" }, noon)
      assert.strictEqual(again.agentId, first.agentId)
      assert.strictEqual(again.exchangeToken, "t1")
      assert.lengthOf(yield* agents.list("acme"), 1)
      assert.isFalse((yield* found(1)).cloneSuspected)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("makes another agent of the same machine with another key and marks both", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      yield* enrolled(1)
      const other = enrolment(makeAgentKey().publicKey, machineIdOf(1))
      const second = yield* agents.enrol("acme", other, { agentId: agentIdOf(2), exchangeToken: "x" }, noon)
      assert.strictEqual(second.agentId, agentIdOf(2))
      assert.isTrue((yield* found(1)).cloneSuspected)
      assert.isTrue((yield* found(2)).cloneSuspected)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("makes another agent of another machine with the same key and marks both", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { publicKey } = makeAgentKey()
      for (const number of [1, 2]) {
        const fresh = { agentId: agentIdOf(number), exchangeToken: "t0" }
        yield* agents.enrol("acme", enrolment(publicKey, machineIdOf(number)), fresh, noon)
      }
      assert.isTrue((yield* found(1)).cloneSuspected)
      assert.isTrue((yield* found(2)).cloneSuspected)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("keeps organisations apart", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      yield* enrolled(1, "acme")
      const fresh = { agentId: agentIdOf(2), exchangeToken: "t0" }
      yield* agents.enrol("other", enrolment(makeAgentKey().publicKey, machineIdOf(1)), fresh, noon)
      assert.isFalse((yield* found(1)).cloneSuspected)
      assert.lengthOf(yield* agents.list("other"), 1)
      assert.isTrue(Option.isNone(yield* agents.find("other", agentIdOf(1))))
    }).pipe(Effect.provide(layer)),
  )
})

describe("beats", () => {
  it.effect("are counted and leave what they said", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const agentId = yield* enrolled()
      const at = DateTime.add(noon, { minutes: 5 })
      const beat = heartbeat("t0", { reboot: "yes", agentVersion: "0.1.1" })
      const recorded = yield* agents.beat(agentId, beat, "t1", at)
      const server = yield* found(1)
      assert.strictEqual(recorded.exchangeToken, "t1")
      assert.strictEqual(server.heartbeats, 1)
      assert.strictEqual(server.reboot, "yes")
      assert.strictEqual(server.agentVersion, "0.1.1")
      assert.deepStrictEqual(server.metrics, beat.metrics)
      assert.strictEqual(DateTime.formatIso(server.lastBeatAt ?? noon), "2026-11-22T12:05:00.000Z")
    }).pipe(Effect.provide(layer)),
  )

  it.effect("of a new agent version ask for facts until they come", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const agentId = yield* enrolled()
      const same = yield* agents.beat(agentId, heartbeat("t0"), "t1", noon)
      const newer = heartbeat("t1", { agentVersion: "0.2.0" })
      const asked = yield* agents.beat(agentId, newer, "t2", noon)
      const told = { ...newer, exchangeToken: "t2", facts: { ...facts, hostname: "web2" } }
      const given = yield* agents.beat(agentId, told, "t3", noon)
      const after = yield* agents.beat(agentId, { ...newer, exchangeToken: "t3" }, "t4", noon)
      assert.deepStrictEqual(
        [same, asked, given, after].map(({ factsOutdated }) => factsOutdated),
        [false, true, false, false],
      )
      assert.strictEqual((yield* found(1)).facts.hostname, "web2")
    }).pipe(Effect.provide(layer)),
  )

  it.effect("that carry a used token mark the agent, once", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const agentId = yield* enrolled()
      const beats = yield* Effect.forEach(["t0", "t1", "t0", "t0"], (token, index) =>
        agents.beat(agentId, heartbeat(token), `t${index + 1}`, noon),
      )
      assert.deepStrictEqual(
        beats.map(({ cloneNoticed }) => cloneNoticed),
        [false, false, true, false],
      )
      assert.isTrue((yield* found(1)).cloneSuspected)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("are no clone's where a reply was lost, one was overtaken, or the agent enrolled meanwhile", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const message = enrolment(makeAgentKey().publicKey)
      const agentId = agentIdOf(1)
      const beat = (exchangeToken: string, minute: number, fresh: string) => {
        const sentAt = DateTime.add(noon, { minutes: minute })
        return agents.beat(agentId, heartbeat(exchangeToken, { sentAt }), fresh, noon)
      }
      yield* agents.enrol("acme", message, { agentId, exchangeToken: "t0" }, noon)
      yield* beat("t0", 1, "t1")
      const repeated = yield* beat("t0", 2, "t2")
      const overtaken = yield* beat("t0", 0, "t3")
      const next = yield* beat("t2", 3, "t4")
      const enrolledAgain = DateTime.add(noon, { minutes: 5 })
      yield* agents.enrol("acme", message, { agentId, exchangeToken: "t5" }, enrolledAgain)
      const onItsWay = yield* beat("t4", 4, "t6")
      const first = yield* beat("t5", 6, "t7")
      assert.deepStrictEqual(
        [repeated, overtaken, next, onItsWay, first].map(({ exchangeToken }) => exchangeToken),
        ["t2", "t2", "t4", "t5", "t7"],
      )
      assert.isFalse((yield* found(1)).cloneSuspected)
    }).pipe(Effect.provide(layer)),
  )
})

describe("the file", () => {
  it.effect("holds everything when it is opened again", () =>
    Effect.gen(function* () {
      const path = yield* temporaryDatabase
      const { publicKey } = makeAgentKey()
      const fresh = { agentId: agentIdOf(1), exchangeToken: "t0" }
      yield* Effect.gen(function* () {
        const agents = yield* Agents
        yield* agents.enrol("acme", enrolment(publicKey), fresh, noon)
        yield* agents.beat(agentIdOf(1), heartbeat("t0"), "t1", noon)
      }).pipe(Effect.provide(SqlitePersistence.layer(path)))
      yield* Effect.gen(function* () {
        const agents = yield* Agents
        assert.deepStrictEqual(yield* agents.publicKey(agentIdOf(1)), Option.some(publicKey))
        const next = yield* agents.beat(agentIdOf(1), heartbeat("t1"), "t2", noon)
        assert.strictEqual(next.exchangeToken, "t2")
        assert.isFalse(next.cloneNoticed)
        assert.strictEqual((yield* found(1)).heartbeats, 2)
      }).pipe(Effect.provide(SqlitePersistence.layer(path)))
    }),
  )
})

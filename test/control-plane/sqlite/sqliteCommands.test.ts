import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AgentId } from "../../../src/domain/Identifiers.ts"
import { Agents } from "../../../src/control-plane/persistence/Agents.ts"
import { Commands, strayResultLimit } from "../../../src/control-plane/persistence/Commands.ts"
import { commandIdOf, heartbeat, noon, result } from "../samples.ts"
import { enrolled, layer } from "../temporaryStore.ts"

const queued = Effect.fnUntraced(function* (
  agentId: AgentId,
  number: number,
  envelope = `envelope ${number}`,
) {
  const commands = yield* Commands
  yield* commands.add({
    commandId: commandIdOf(number),
    agentId,
    command: "health_check",
    seq: yield* commands.reserveSeq(agentId),
    queuedAt: noon,
    expiresAt: DateTime.add(noon, { minutes: number }),
    queuedBy: "test",
    envelope,
  })
})

const limit = 1000
const soon = DateTime.add(noon, { seconds: 1 })

const recordOf = Effect.fnUntraced(function* (number: number, at = soon) {
  const commands = yield* Commands
  return yield* Effect.fromOption(yield* commands.find("acme", commandIdOf(number), at))
})

describe("commands", () => {
  it.effect("count up for each agent on its own", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const [first, second] = [yield* enrolled(1), yield* enrolled(2)]
      const seqs = yield* Effect.forEach([first, first, second, first], commands.reserveSeq)
      assert.deepStrictEqual(seqs, [1, 2, 1, 3])
    }).pipe(Effect.provide(layer)),
  )

  it.effect("are delivered in order, again and again until their results come", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const agentId = yield* enrolled()
      for (const number of [3, 1, 2]) yield* queued(agentId, number)
      const all = ["envelope 3", "envelope 1", "envelope 2"]
      assert.strictEqual((yield* recordOf(1)).state, "queued")
      assert.deepStrictEqual(yield* commands.deliver(agentId, limit, soon), all)
      assert.strictEqual((yield* recordOf(1)).state, "delivered")
      assert.deepStrictEqual(yield* commands.deliver(agentId, limit, soon), all)
      yield* commands.settle(agentId, [result(commandIdOf(1))], soon)
      assert.deepStrictEqual(yield* commands.deliver(agentId, limit, soon), ["envelope 3", "envelope 2"])
      assert.strictEqual((yield* recordOf(1)).state, "finished")
    }).pipe(Effect.provide(layer)),
  )

  it.effect("are dropped and recorded as expired when their time is up", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const agentId = yield* enrolled()
      for (const number of [1, 2]) yield* queued(agentId, number)
      const later = DateTime.add(noon, { seconds: 90 })
      assert.deepStrictEqual(yield* commands.deliver(agentId, limit, later), ["envelope 2"])
      assert.strictEqual((yield* recordOf(1, later)).state, "expired")
      yield* commands.settle(agentId, [result(commandIdOf(1))], later)
      assert.strictEqual((yield* recordOf(1, later)).state, "finished")
    }).pipe(Effect.provide(layer)),
  )

  it.effect("are repeated past their time once delivered: the agent may hold the result", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const agentId = yield* enrolled()
      yield* queued(agentId, 1)
      yield* commands.deliver(agentId, limit, soon)
      const later = DateTime.add(noon, { minutes: 10 })
      assert.deepStrictEqual(yield* commands.deliver(agentId, limit, later), ["envelope 1"])
      yield* commands.settle(agentId, [result(commandIdOf(1))], later)
      assert.deepStrictEqual(yield* commands.deliver(agentId, limit, later), [])
    }).pipe(Effect.provide(layer)),
  )

  it.effect("that run past their time have not expired", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const agentId = yield* enrolled()
      yield* queued(agentId, 1)
      const later = DateTime.add(noon, { minutes: 10 })
      const running = { commandId: commandIdOf(1), command: "health_check", runningSeconds: 600 }
      yield* Effect.flatMap(Commands, (commands) => commands.deliver(agentId, limit, soon))
      yield* agents.beat(agentId, heartbeat("t0", { running }), "t1", later)
      assert.strictEqual((yield* recordOf(1, later)).state, "delivered")
    }).pipe(Effect.provide(layer)),
  )

  it.effect("fill a reply up to its limit, but one always goes", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const agentId = yield* enrolled()
      for (const [index, size] of [600, 300, 200, 10].entries()) {
        yield* queued(agentId, index + 1, String(index).repeat(size))
      }
      const sizes = (limitBytes: number) =>
        Effect.map(commands.deliver(agentId, limitBytes, soon), (all) => all.map(({ length }) => length))
      assert.deepStrictEqual(yield* sizes(1000), [600, 300])
      assert.deepStrictEqual(yield* sizes(10), [600])
    }).pipe(Effect.provide(layer)),
  )

  it.effect("of other organisations are not found", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      yield* queued(yield* enrolled(), 1)
      assert.isTrue(Option.isNone(yield* commands.find("other", commandIdOf(1), soon)))
    }).pipe(Effect.provide(layer)),
  )
})

describe("results", () => {
  it.effect("are stored once: the first one stands", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const agentId = yield* enrolled()
      yield* queued(agentId, 1)
      yield* commands.settle(agentId, [result(commandIdOf(1))], soon)
      yield* commands.settle(agentId, [result(commandIdOf(1), { status: "succeeded" })], soon)
      assert.strictEqual((yield* recordOf(1)).result?.status, "failed")
      assert.lengthOf(yield* commands.strays(agentId), 0)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("for another agent's command do not touch it", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const [owner, stranger] = [yield* enrolled(1), yield* enrolled(2)]
      yield* queued(owner, 1)
      yield* commands.settle(stranger, [result(commandIdOf(1))], soon)
      assert.strictEqual((yield* recordOf(1)).state, "queued")
      assert.lengthOf(yield* commands.strays(stranger), 1)
      assert.lengthOf(yield* commands.deliver(owner, limit, soon), 1)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("for commands nobody queued are kept aside, a bounded number", () =>
    Effect.gen(function* () {
      const commands = yield* Commands
      const agentId = yield* enrolled()
      const ids = Array.from({ length: strayResultLimit + 5 }, (_, index) => commandIdOf(index))
      yield* commands.settle(
        agentId,
        ids.map((id) => result(id)),
        soon,
      )
      yield* commands.settle(agentId, [result(commandIdOf(104))], soon)
      const strays = yield* commands.strays(agentId)
      assert.lengthOf(strays, strayResultLimit)
      assert.strictEqual(strays[0]?.commandId, commandIdOf(5))
    }).pipe(Effect.provide(layer)),
  )
})

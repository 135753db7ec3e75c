import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as TestClock from "effect/testing/TestClock"
import type { CommandResult } from "../../src/domain/Command.ts"
import { CommandId } from "../../src/domain/Identifiers.ts"
import { agentMigrations } from "../../src/store/agentSchema.ts"
import { Database } from "../../src/store/Database.ts"
import { Outbox, outboxLimits } from "../../src/store/Outbox.ts"

const layer = Outbox.layer.pipe(Layer.provideMerge(Database.layer(":memory:", agentMigrations)))

const result = (number: number, detail = ""): CommandResult => ({
  commandId: CommandId.make(`cmd_00000000-0000-0000-0000-${String(number).padStart(12, "0")}`),
  command: "health_check",
  status: "failed",
  problem: { code: "test", detail },
  startedAt: DateTime.makeUnsafe(0),
  finishedAt: DateTime.makeUnsafe(0),
})

describe("Outbox", () => {
  it.effect("gives results in order until they are acknowledged", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* outbox.add(result(2))
      yield* outbox.add(result(1))
      assert.deepStrictEqual(
        (yield* outbox.due(10_000)).results.map(({ commandId }) => commandId),
        [result(2).commandId, result(1).commandId],
      )
      yield* outbox.acknowledge([result(2).commandId])
      assert.deepStrictEqual(
        (yield* outbox.due(10_000)).results.map(({ commandId }) => commandId),
        [result(1).commandId],
      )
    }).pipe(Effect.provide(layer)),
  )

  it.effect("keeps one result however often it is added", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* outbox.add(result(1, "first"))
      yield* outbox.add(result(1, "second"))
      const { results } = yield* outbox.due(10_000)
      assert.deepStrictEqual(
        results.map(({ problem }) => problem?.detail),
        ["first"],
      )
    }).pipe(Effect.provide(layer)),
  )

  it.effect("stays within the byte limit, but never starves on one large result", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* outbox.add(result(1, "ü".repeat(2500)))
      for (const number of [2, 3, 4]) yield* outbox.add(result(number, "ü".repeat(200)))
      const large = yield* outbox.due(1000)
      assert.strictEqual(large.results.length, 1)
      assert.isAbove(large.bytes, 5000)
      yield* outbox.acknowledge([result(1).commandId])
      // Each has some 600 bytes, of 400 characters.
      assert.strictEqual((yield* outbox.due(1700)).results.length, 2)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("drops what is older than the age limit, never the newest, and counts it", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* outbox.add(result(1))
      yield* outbox.add(result(2))
      yield* TestClock.adjust(outboxLimits.ageMilliseconds + 1)
      assert.deepStrictEqual(yield* outbox.backlog, { pending: 2, dropped: 0 })
      yield* outbox.add(result(3))
      assert.deepStrictEqual(yield* outbox.backlog, { pending: 1, dropped: 2 })
    }).pipe(Effect.provide(layer)),
  )

  it.effect("drops the oldest beyond the count limit", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* Effect.forEach(
        Array.from({ length: outboxLimits.results + 3 }, (_, n) => result(n)),
        outbox.add,
      )
      assert.deepStrictEqual(yield* outbox.backlog, { pending: outboxLimits.results, dropped: 3 })
    }).pipe(Effect.provide(layer)),
  )

  it.effect("drops the oldest beyond the size limit, never the newest", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const quarter = "ü".repeat(outboxLimits.bytes / 8)
      yield* Effect.forEach([1, 2, 3, 4], (number) => outbox.add(result(number, quarter)))
      assert.deepStrictEqual(yield* outbox.backlog, { pending: 3, dropped: 1 })
      yield* outbox.add(result(5, quarter.repeat(5)))
      assert.deepStrictEqual(yield* outbox.backlog, { pending: 1, dropped: 4 })
    }).pipe(Effect.provide(layer)),
  )

  it.effect(
    "drops what it cannot read any more, counts it, says why once, and gives what comes after it",
    () =>
      Effect.gen(function* () {
        const told: Array<string> = []
        const log = Logger.layer([
          Logger.make(({ message, fiber }) => {
            const { id, why } = fiber.getRef(References.CurrentLogAnnotations)
            told.push([message, id, why].flat().join(" "))
          }),
        ])
        const outbox = yield* Outbox
        const database = yield* Database
        yield* Effect.forEach([1, 2, 3, 4], (number) => outbox.add(result(number)))
        const spoil = (number: number, body: string) =>
          database.run("UPDATE outbox SET body = ? WHERE command_id = ?", body, result(number).commandId)
        yield* spoil(1, '{"commandId":')
        yield* spoil(3, '{"commandId":"cmd_1","status":"of another version"}')
        const ids = Effect.map(outbox.due(10_000), ({ results }) => results.map(({ commandId }) => commandId))
        assert.deepStrictEqual(yield* ids.pipe(Effect.provide(log)), [
          result(2).commandId,
          result(4).commandId,
        ])
        assert.deepStrictEqual(yield* ids.pipe(Effect.provide(log)), [
          result(2).commandId,
          result(4).commandId,
        ])
        assert.deepStrictEqual(yield* outbox.backlog, { pending: 2, dropped: 2 })
        assert.strictEqual(told.length, 2)
        assert.match(
          told[0] ?? "",
          new RegExp(`^result.dropped ${result(1).commandId} it cannot be read: .+`),
        )
        assert.match(
          told[1] ?? "",
          new RegExp(`^result.dropped ${result(3).commandId} it cannot be read: .+`),
        )
      }).pipe(Effect.provide(layer)),
  )

  it.effect("takes another result in the place of one, where it was in the order", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* Effect.forEach([1, 2], (number) => outbox.add(result(number, "x".repeat(5000))))
      yield* outbox.replace(result(1, "short"))
      const { results } = yield* outbox.due(10_000)
      assert.deepStrictEqual(
        results.map(({ commandId, problem }) => [commandId, problem?.detail.length]),
        [
          [result(1).commandId, 5],
          [result(2).commandId, 5000],
        ],
      )
    }).pipe(Effect.provide(layer)),
  )
})

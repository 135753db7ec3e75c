import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { CommandInbox, inboxCapacity } from "../../src/command/CommandInbox.ts"
import * as CommandLoop from "../../src/command/CommandLoop.ts"
import { ExecutorClient, ExecutorUnavailable } from "../../src/command/ExecutorClient.ts"
import { Outbox } from "../../src/store/Outbox.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { claims, commandId, makeSigner } from "../fakes/CommandSigning.ts"

const done = {
  command: "health_check",
  status: "succeeded",
  startedAt: DateTime.makeUnsafe(0),
  finishedAt: DateTime.makeUnsafe(0),
} as const

/** An executor that takes a minute a command, and fails as often as it is told first. */
const executor = (failures: number) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const left = yield* Ref.make(failures)
      return Layer.mock(ExecutorClient, {
        execute: Effect.fn(function* (envelope: string, report: (step: string) => Effect.Effect<void>) {
          yield* report("working")
          yield* Effect.sleep("1 minute")
          const failing = yield* Ref.getAndUpdate(left, (n) => n - 1)
          if (failing > 0) return yield* new ExecutorUnavailable({ detail: "exit code 1" })
          return { ...done, commandId: commandId(Number(envelope)), finishedAt: yield* DateTime.now }
        }),
      })
    }),
  )

const running = <A, E, R>(test: Effect.Effect<A, E, R>, failures = 0) =>
  Effect.provide(
    test,
    CommandLoop.layer.pipe(Layer.provideMerge(executor(failures)), Layer.provideMerge(AgentLayers.layer)),
  )

const delivered = Effect.gen(function* () {
  const { results } = yield* Effect.flatMap(Outbox, (outbox) => outbox.due(1_000_000))
  return results.map(({ commandId: id }) => id)
})

describe("the command loop", () => {
  it.effect("runs one command at a time, in order, and keeps each result", () =>
    running(
      Effect.gen(function* () {
        const inbox = yield* CommandInbox
        yield* inbox.offer(["1", "2", "3"])
        yield* TestClock.adjust("90 seconds")
        assert.deepStrictEqual(yield* delivered, [commandId(1)])
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* delivered, [commandId(1), commandId(2), commandId(3)])
      }),
    ),
  )

  it.effect("ignores a command that waits or runs already", () =>
    running(
      Effect.gen(function* () {
        const inbox = yield* CommandInbox
        const outbox = yield* Outbox
        yield* inbox.offer(["1", "1"])
        yield* TestClock.adjust("30 seconds")
        yield* inbox.offer(["1"])
        yield* TestClock.adjust("31 seconds")
        assert.deepStrictEqual(yield* delivered, [commandId(1)])
        // The outbox would not tell a second result from the first.
        yield* outbox.acknowledge([commandId(1)])
        yield* TestClock.adjust("5 minutes")
        assert.deepStrictEqual(yield* delivered, [])
      }),
    ),
  )

  it.effect("leaves a command alone while its result is on its way to the server", () =>
    Effect.gen(function* () {
      const carried = yield* Ref.make(0)
      const counting = Layer.mock(ExecutorClient, {
        execute: () =>
          Effect.as(
            Ref.update(carried, (count) => count + 1),
            { ...done, commandId: commandId(9) },
          ),
      })
      yield* Effect.gen(function* () {
        const inbox = yield* CommandInbox
        const outbox = yield* Outbox
        const { seal } = yield* makeSigner
        const command = claims(9, { name: "health_check", parameters: {} })
        // Signed anew each time, as the server repeats it.
        const repeat = Effect.gen(function* () {
          yield* inbox.offer([yield* seal({ ...command, exp: command.exp + (yield* Ref.get(repeats)) })])
          yield* Ref.update(repeats, (count) => count + 1)
          yield* TestClock.adjust("1 minute")
        })
        const repeats = yield* Ref.make(0)
        yield* repeat
        yield* repeat
        assert.deepStrictEqual([yield* Ref.get(carried), yield* delivered], [1, [commandId(9)]])
        // The server has it, it says, and asks all the same: the executor's ledger knows.
        yield* outbox.acknowledge([commandId(9)])
        yield* repeat
        assert.deepStrictEqual([yield* Ref.get(carried), yield* delivered], [2, [commandId(9)]])
      }).pipe(
        Effect.provide(
          CommandLoop.layer.pipe(Layer.provideMerge(counting), Layer.provideMerge(AgentLayers.layer)),
        ),
      )
    }),
  )

  it.effect("takes a command again after the executor failed, when the server repeats it", () =>
    running(
      Effect.gen(function* () {
        const inbox = yield* CommandInbox
        yield* inbox.offer(["1"])
        yield* TestClock.adjust("61 seconds")
        const states = yield* Effect.flatMap(Supervisor, (supervisor) => supervisor.states)
        assert.strictEqual(states.find(({ name }) => name === "command")?.consecutiveFailures, 1)
        assert.deepStrictEqual(yield* delivered, [])
        yield* inbox.offer(["1"])
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* delivered, [commandId(1)])
      }),
      1,
    ),
  )

  it.effect("leaves to the server what is more than the inbox holds", () =>
    running(
      Effect.gen(function* () {
        const inbox = yield* CommandInbox
        yield* inbox.offer(Array.from({ length: inboxCapacity + 50 }, (_, n) => String(n)))
        yield* TestClock.adjust("3 hours")
        const taken = yield* delivered
        assert.isAtMost(taken.length, inboxCapacity + 1)
        assert.deepStrictEqual(
          taken,
          Array.from(taken, (_, n) => commandId(n)),
        )
        yield* inbox.offer([String(inboxCapacity + 49)])
        yield* TestClock.adjust("2 minutes")
        assert.include(yield* delivered, commandId(inboxCapacity + 49))
      }),
    ),
  )

  it.effect("says what runs, since when and how far it is", () =>
    running(
      Effect.gen(function* () {
        const inbox = yield* CommandInbox
        const { seal } = yield* makeSigner
        yield* inbox.offer([yield* seal(claims(9, { name: "health_check", parameters: {} }))])
        yield* TestClock.adjust("1 second")
        const now = yield* inbox.running
        assert.isTrue(
          Option.isSome(now) && now.value.commandId === commandId(9) && now.value.step === "working",
        )
        yield* TestClock.adjust("2 minutes")
        assert.isTrue(Option.isNone(yield* inbox.running))
      }),
    ),
  )

  it.effect("does not repeat all of a name that is none of the four", () =>
    running(
      Effect.gen(function* () {
        const inbox = yield* CommandInbox
        const { seal } = yield* makeSigner
        yield* inbox.offer([yield* seal(claims(9, { name: "x".repeat(10_000), parameters: {} }))])
        yield* TestClock.adjust("1 second")
        const now = yield* Effect.fromOption(yield* inbox.running)
        assert.strictEqual(now.command, "x".repeat(64))
      }),
    ),
  )
})

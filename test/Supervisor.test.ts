import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { Supervisor } from "../src/Supervisor.ts"

const every = (next: Duration.Input) => ({ next: Duration.fromInputUnsafe(next) })

describe("Supervisor", () => {
  it.effect("repeats a round at the pace the round asks for", () =>
    Effect.gen(function* () {
      const supervisor = yield* Supervisor
      const rounds = yield* Ref.make(0)
      yield* supervisor.start(
        "heartbeat",
        Effect.as(
          Ref.update(rounds, (n) => n + 1),
          every("5 minutes"),
        ),
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Ref.get(rounds), 1)
      yield* TestClock.adjust("15 minutes")
      assert.strictEqual(yield* Ref.get(rounds), 4)
    }).pipe(Effect.provide(Supervisor.layer)),
  )

  it.effect("starts the next round at once when woken, and once however often", () =>
    Effect.gen(function* () {
      const supervisor = yield* Supervisor
      const rounds = yield* Ref.make(0)
      yield* supervisor.start(
        "scan",
        Effect.as(
          Ref.update(rounds, (n) => n + 1),
          every("6 hours"),
        ),
      )
      yield* TestClock.adjust("1 minute")
      yield* supervisor.wake("scan")
      yield* supervisor.wake("scan")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Ref.get(rounds), 2)
    }).pipe(Effect.provide(Supervisor.layer)),
  )

  it.effect(
    "does not cut a firm wait short, and takes the round after it for the answer to whoever called",
    () =>
      Effect.gen(function* () {
        const supervisor = yield* Supervisor
        const rounds = yield* Ref.make(0)
        const round = Effect.map(
          Ref.updateAndGet(rounds, (n) => n + 1),
          (n) => (n === 1 ? { ...every("1 hour"), firm: true } : every("6 hours")),
        )
        yield* supervisor.start("upload", round)
        yield* TestClock.adjust("1 minute")
        yield* supervisor.wake("upload")
        yield* TestClock.adjust("58 minutes")
        assert.strictEqual(yield* Ref.get(rounds), 1)
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual(yield* Ref.get(rounds), 2)
      }).pipe(Effect.provide(Supervisor.layer)),
  )

  it.effect("remembers when a loop last succeeded and how often it failed since", () =>
    Effect.gen(function* () {
      const supervisor = yield* Supervisor
      const rounds = yield* Ref.make(0)
      const round = Effect.map(
        Ref.updateAndGet(rounds, (n) => n + 1),
        (n) => (n === 1 ? every("1 minute") : { ...every("1 minute"), failure: "server away" }),
      )
      yield* supervisor.start("upload", round)
      yield* TestClock.adjust("150 seconds")
      const [state] = yield* supervisor.states
      assert.strictEqual(state?.consecutiveFailures, 2)
      assert.strictEqual(state?.lastError, "server away")
      assert.isDefined(state?.lastSuccessAt)
    }).pipe(Effect.provide(Supervisor.layer)),
  )

  it.effect("dies with the first loop that dies", () =>
    Effect.gen(function* () {
      const supervisor = yield* Supervisor
      const joined = yield* Effect.forkChild(supervisor.join)
      yield* supervisor.start("scan", Effect.succeed(every("1 hour")))
      yield* supervisor.start("command", Effect.die("a bug"))
      const exit = yield* Fiber.await(joined)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
    }).pipe(Effect.provide(Supervisor.layer)),
  )
})

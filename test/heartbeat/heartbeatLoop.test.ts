import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { CommandInbox } from "../../src/command/CommandInbox.ts"
import type { CommandResult } from "../../src/domain/Command.ts"
import * as HeartbeatLoop from "../../src/heartbeat/HeartbeatLoop.ts"
import { Outbox } from "../../src/store/Outbox.ts"
import { Trust } from "../../src/store/Trust.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import {
  AgentRefused,
  LicenseKeyRefused,
  RequestFailed,
  TlsRefused,
} from "../../src/transport/ControlPlane.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { commandId } from "../fakes/CommandSigning.ts"
import { FakeServer, type ServerMemory } from "../fakes/FakeControlPlane.ts"

const beats = Effect.map(Effect.flatMap(FakeServer, Ref.get), (memory) => memory.beats)

const tell = (change: Partial<ServerMemory>) =>
  Effect.flatMap(FakeServer, (memory) => Ref.update(memory, (known) => ({ ...known, ...change })))

/** Starts the loop inside the test's scope, with the clock at the epoch, once the scene is set. */
const running = <A, E, R, E2 = never, R2 = never>(
  test: Effect.Effect<A, E, R>,
  scene: Effect.Effect<unknown, E2, R2> = Effect.void,
) => scene.pipe(Effect.andThen(Effect.provide(test, HeartbeatLoop.layer)), Effect.provide(AgentLayers.layer))

const result: CommandResult = {
  commandId: commandId(7),
  command: "health_check",
  status: "succeeded",
  startedAt: DateTime.makeUnsafe(0),
  finishedAt: DateTime.makeUnsafe(0),
}

const untrusted = new TlsRefused({ code: "pin_mismatch", host: "api.example.org" })

const limited = new RequestFailed({
  code: "rate_limited",
  retryable: true,
  retryAfterSeconds: 1800,
  detail: "slow down",
})

const away = new RequestFailed({ code: "connection_refused", retryable: true, detail: "nobody listens" })

describe("the heartbeat loop", () => {
  it.effect("enrols, pins the command keys, beats at once and then every five minutes", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flatMap(FakeServer, Ref.get)).enrolments, 1)
        assert.strictEqual(
          (yield* Effect.flatMap(yield* Effect.map(Trust, ({ anchor }) => anchor), Effect.fromOption)).issuer,
          "cp_test",
        )
        yield* TestClock.adjust("1 hour")
        const sent = yield* beats
        assert.strictEqual(sent.length, 13)
        const gaps = sent.slice(2).map(({ at }, n) => at - (sent[n + 1]?.at ?? 0))
        assert.deepStrictEqual(new Set(gaps), new Set([300_000]))
      }),
    ),
  )

  it.effect("presents the token of the beat before", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("11 minutes")
        assert.deepStrictEqual(
          (yield* beats).map(({ beat }) => beat.exchangeToken),
          ["token-0", "token-1", "token-2"],
        )
      }),
    ),
  )

  it.effect("sends host facts at enrolment and not again until asked", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("6 minutes")
        yield* tell({ reply: { want: ["facts"] } })
        yield* TestClock.adjust("5 minutes")
        yield* tell({ reply: {} })
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(
          (yield* beats).map(({ beat }) => beat.facts !== undefined),
          [false, false, false, true, false],
        )
      }),
    ),
  )

  it.effect("keeps beating at its slots after lost beats", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("31 minutes")
        const [state] = yield* Effect.flatMap(Supervisor, ({ states }) => states)
        assert.strictEqual(state?.consecutiveFailures, 0)
        assert.strictEqual((yield* beats).length, 4)
      }),
      tell({ failures: [away, away, away] }),
    ),
  )

  it.effect("goes on trying at its schedule when the server cannot be trusted", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("31 minutes")
        const [state] = yield* Effect.flatMap(Supervisor, ({ states }) => states)
        assert.isAtLeast(state?.consecutiveFailures ?? 0, 6)
        assert.match(state?.lastError ?? "", /pins/)
        yield* TestClock.adjust("30 minutes")
        assert.isAbove((yield* beats).length, 0)
      }),
      tell({ failures: Array.from({ length: 10 }, () => untrusted) }),
    ),
  )

  it.effect("slows down when the licence key is refused, and recovers when it is accepted again", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("14 minutes")
        const [state] = yield* Effect.flatMap(Supervisor, ({ states }) => states)
        assert.strictEqual(state?.consecutiveFailures, 1)
        assert.match(state?.lastError ?? "", /^Invalid license key/)
        yield* TestClock.adjust("1 hour")
        assert.isAbove((yield* beats).length, 1)
      }),
      tell({ failures: [new LicenseKeyRefused(), new LicenseKeyRefused()] }),
    ),
  )

  it.effect("enrols again when the server forgot it", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        yield* tell({ failures: [new AgentRefused({ code: "unknown_agent" })] })
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* Effect.flatMap(FakeServer, Ref.get)).enrolments, 2)
      }),
    ),
  )

  it.effect("asks once an interval while its clock is wrong, and beats as soon as it is right", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("14 minutes")
        const [state] = yield* Effect.flatMap(Supervisor, ({ states }) => states)
        assert.strictEqual(state?.consecutiveFailures, 3)
        assert.match(state?.lastError ?? "", /check the clock of this host/)
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual((yield* beats).length, 1)
      }),
      tell({
        failures: Array.from({ length: 3 }, () => new AgentRefused({ code: "bad_request_signature" })),
      }),
    ),
  )

  it.effect("waits as long as Retry-After says, also when a result comes about meanwhile", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("10 minutes")
        yield* Effect.flatMap(Supervisor, (supervisor) => supervisor.wake("heartbeat"))
        yield* TestClock.adjust("19 minutes")
        assert.strictEqual((yield* beats).length, 0)
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual((yield* beats).length, 1)
      }),
      tell({ failures: [limited] }),
    ),
  )

  it.effect("delivers results with the beat and drops them once acknowledged", () =>
    running(
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const supervisor = yield* Supervisor
        yield* TestClock.adjust("1 second")
        yield* outbox.add(result)
        yield* supervisor.wake("heartbeat")
        yield* TestClock.adjust("1 second")
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(
          (yield* beats).flatMap(({ beat }) => beat.results.map(({ commandId: id }) => id)),
          [commandId(7)],
        )
        assert.deepStrictEqual(yield* outbox.backlog, { pending: 0, dropped: 0 })
      }),
    ),
  )

  it.effect("keeps a result whose beat was lost", () =>
    running(
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* outbox.backlog).pending, 1)
        yield* TestClock.adjust("6 minutes")
        assert.strictEqual((yield* outbox.backlog).pending, 0)
      }),
      Effect.andThen(
        Effect.flatMap(Outbox, (outbox) => outbox.add(result)),
        tell({ failures: [away] }),
      ),
    ),
  )

  it.effect("goes on at once until more results than fit into a beat are delivered, in order", () =>
    running(
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* TestClock.adjust("1 second")
        const numbers = Array.from({ length: 12 }, (_, n) => n + 10)
        yield* Effect.forEach(numbers, (n) =>
          outbox.add({
            ...result,
            commandId: commandId(n),
            problem: { code: "big", detail: "x".repeat(20_000) },
          }),
        )
        yield* TestClock.adjust("5 minutes")
        const { beats: sent, results } = yield* Effect.flatMap(FakeServer, Ref.get)
        assert.deepStrictEqual(
          results.map((delivered) => delivered.commandId),
          numbers.map(commandId),
        )
        assert.strictEqual(sent.length, 1 + 6)
      }),
    ),
  )

  it.effect("does not hurry when the server acknowledges nothing", () =>
    running(
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* TestClock.adjust("1 second")
        yield* tell({ reply: { acknowledged: [] } })
        yield* outbox.add(result)
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual((yield* beats).length, 3)
        assert.strictEqual((yield* outbox.backlog).pending, 1)
      }),
    ),
  )

  it.effect("hands each command over once while the server repeats it", () =>
    running(
      Effect.gen(function* () {
        const inbox = yield* CommandInbox
        yield* tell({ reply: { commands: ["envelope-1", "envelope-2"] } })
        yield* TestClock.adjust("16 minutes")
        const taken = yield* Effect.all([
          inbox.next((envelope) => Effect.succeed(envelope)),
          inbox.next((envelope) => Effect.succeed(envelope)),
        ])
        assert.deepStrictEqual(taken, ["envelope-1", "envelope-2"])
      }),
    ),
  )
})

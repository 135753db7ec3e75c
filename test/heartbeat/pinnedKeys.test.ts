import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { CommandInbox } from "../../src/command/CommandInbox.ts"
import { ExecutorClient, ExecutorUnavailable, KeysRefused } from "../../src/command/ExecutorClient.ts"
import { enrol } from "../../src/heartbeat/enrol.ts"
import * as HeartbeatLoop from "../../src/heartbeat/HeartbeatLoop.ts"
import type { TrustAnchor } from "../../src/protocol/TrustAnchor.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Trust } from "../../src/store/Trust.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import { ControlPlane } from "../../src/transport/ControlPlane.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { makeSigner, otherAgentId } from "../fakes/CommandSigning.ts"
import { FakeServer, type ServerMemory } from "../fakes/FakeControlPlane.ts"

const beats = Effect.map(Effect.flatMap(FakeServer, Ref.get), (memory) => memory.beats)

const tell = (change: Partial<ServerMemory>) =>
  Effect.flatMap(FakeServer, (memory) => Ref.update(memory, (known) => ({ ...known, ...change })))

const { key: otherKey } = await Effect.runPromise(makeSigner)

/** What may be pinned instead of what the server presents. */
const otherPins: Readonly<Record<string, Partial<TrustAnchor>>> = {
  "another agent id": { agentId: otherAgentId },
  "another issuer": { issuer: "cp_other" },
  "another organisation": { organization: "org_other" },
  "another command key": { commandKeys: [otherKey] },
}

describe("the heartbeat loop and the keys that the executor obeys", () => {
  it.effect("does not count as enrolled where other command keys are pinned than the server presents", () =>
    Effect.gen(function* () {
      const executor = yield* ExecutorClient
      const pin = () => new KeysRefused({ detail: "trust.json pins other command keys" })
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("11 minutes")
        assert.strictEqual((yield* beats).length, 0)
        const [state] = yield* Effect.flatMap(Supervisor, ({ states }) => states)
        assert.match(state?.lastError ?? "", /pins other command keys/)
      }).pipe(
        Effect.provide(HeartbeatLoop.layer),
        Effect.provideService(ExecutorClient, { ...executor, pin }),
      )
    }).pipe(Effect.provide(AgentLayers.layer)),
  )

  for (const [what, change] of Object.entries(otherPins)) {
    it.effect(`does not count as enrolled while ${what} is pinned, and the executor keeps to it`, () =>
      Effect.gen(function* () {
        const executor = yield* ExecutorClient
        const { anchor } = yield* Trust
        yield* enrol(Option.none())
        const presented = yield* Effect.flatMap(anchor, Effect.fromOption)
        yield* executor.pin({ ...presented, ...change })
        yield* Effect.flatMap(Identity, ({ forget }) => forget)
        yield* TestClock.adjust("11 minutes").pipe(
          Effect.provide(HeartbeatLoop.layer),
          Effect.provideService(ExecutorClient, {
            ...executor,
            pin: () => new KeysRefused({ detail: `trust.json pins ${what}` }),
          }),
        )
        assert.deepStrictEqual(yield* beats, [])
      }).pipe(Effect.provide(AgentLayers.layer)),
    )
  }

  it.effect("enrols again where the pinned keys were removed", () =>
    Effect.gen(function* () {
      const trust = yield* Trust
      const gone = yield* Ref.make(false)
      const anchor = Effect.flatMap(Ref.get(gone), (isGone) => (isGone ? Effect.succeedNone : trust.anchor))
      const enrolments = Effect.map(Effect.flatMap(FakeServer, Ref.get), (memory) => memory.enrolments)
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("11 minutes")
        assert.strictEqual(yield* enrolments, 1)
        yield* Ref.set(gone, true)
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* enrolments, 2)
      }).pipe(Effect.provide(HeartbeatLoop.layer), Effect.provideService(Trust, { ...trust, anchor }))
    }).pipe(Effect.provide(AgentLayers.layer)),
  )

  it.effect("has the executor follow new keys and a new id before it presents keys to be pinned", () =>
    Effect.gen(function* () {
      const asked = yield* Ref.make<ReadonlyArray<string>>([])
      const ask = (what: string) => Ref.update(asked, (before) => [...before, what])
      const server = yield* ControlPlane
      const { anchor } = yield* Trust
      yield* enrol(Option.none())
      const pinned = yield* anchor
      const { commandKeys } = yield* Effect.fromOption(pinned)
      const statements = { keyRotations: ["one", "two"], renaming: "other id", feedKeys: commandKeys }
      yield* enrol(pinned).pipe(
        Effect.provideService(ControlPlane, {
          ...server,
          enrol: (...call) => Effect.map(server.enrol(...call), (told) => ({ ...told, ...statements })),
        }),
        Effect.provideService(ExecutorClient, {
          ...(yield* ExecutorClient),
          rotate: (statement) => ask(`rotate ${statement}`),
          rename: (statement) => ask(`rename ${statement}`),
          pin: ({ feedKeys }) => ask(feedKeys === undefined ? "pin" : "pin with feed keys"),
        }),
      )
      assert.deepStrictEqual(yield* Ref.get(asked), [
        "rotate one",
        "rotate two",
        "rename other id",
        "pin with feed keys",
      ])
    }).pipe(Effect.provide(AgentLayers.layer)),
  )

  it.effect("does not start over with an executor that outlived the beat it was asked in", () =>
    Effect.gen(function* () {
      const executor = yield* ExecutorClient
      const asked = yield* Ref.make(0)
      const pin: typeof executor.pin = (anchor) =>
        executor
          .pin(anchor)
          .pipe(Effect.andThen(Ref.update(asked, (count) => count + 1)), Effect.andThen(Effect.never))
      yield* TestClock.adjust("20 minutes").pipe(
        Effect.provide(HeartbeatLoop.layer),
        Effect.provideService(ExecutorClient, { ...executor, pin }),
      )
      assert.strictEqual(yield* Ref.get(asked), 1)
      assert.isAbove((yield* beats).length, 0)
    }).pipe(Effect.provide(AgentLayers.layer)),
  )

  it.effect("has new keys followed before it hands over commands that they have signed", () =>
    Effect.gen(function* () {
      const told = yield* Ref.make<ReadonlyArray<string>>([])
      const away = yield* Ref.make(true)
      const executor = yield* ExecutorClient
      const rotate = (statement: string) =>
        Effect.flatMap(Ref.get(away), (gone) =>
          gone
            ? Effect.fail(new ExecutorUnavailable({ detail: "gone" }))
            : Ref.update(told, (before) => [...before, statement]),
        )
      yield* tell({ reply: { keyRotations: ["one", "two"], commands: ["envelope"] } })
      yield* Effect.gen(function* () {
        const inbox = yield* CommandInbox
        yield* TestClock.adjust("1 second")
        const taken = yield* Effect.forkChild(inbox.next((envelope) => Effect.succeed(envelope)))
        yield* TestClock.adjust("6 minutes")
        assert.isUndefined(taken.pollUnsafe())
        yield* Ref.set(away, false)
        yield* TestClock.adjust("5 minutes")
        assert.deepStrictEqual((yield* Ref.get(told)).slice(0, 2), ["one", "two"])
        assert.strictEqual(yield* Fiber.join(taken), "envelope")
      }).pipe(
        Effect.provide(HeartbeatLoop.layer),
        Effect.provideService(ExecutorClient, { ...executor, rotate }),
      )
    }).pipe(Effect.provide(AgentLayers.layer)),
  )

  it.effect("goes on with commands when a statement about keys is refused", () =>
    Effect.gen(function* () {
      const executor = yield* ExecutorClient
      yield* tell({ reply: { keyRotations: ["forged"], commands: ["envelope"] } })
      yield* Effect.gen(function* () {
        const inbox = yield* CommandInbox
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* inbox.next((envelope) => Effect.succeed(envelope)), "envelope")
      }).pipe(
        Effect.provide(HeartbeatLoop.layer),
        Effect.provideService(ExecutorClient, {
          ...executor,
          rotate: () => new KeysRefused({ detail: "not signed by a pinned key" }),
        }),
      )
    }).pipe(Effect.provide(AgentLayers.layer)),
  )
})

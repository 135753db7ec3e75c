import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import * as HeartbeatLoop from "../../src/heartbeat/HeartbeatLoop.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { FakeServer } from "../fakes/FakeControlPlane.ts"
import { installed } from "../fakes/FakeManagers.ts"
import { scanOf } from "../scan/scanOf.ts"

const earlier = scanOf(1, { packages: [installed("bash", "1")], updates: [] })
const later = scanOf(2, { packages: [installed("bash", "2")], updates: [] })

const held = Effect.flatMap(Snapshots, ({ heldDigest }) => heldDigest)

/** An agent that has delivered the earlier scan, and a server that asks for the whole in answers that take a second. */
const running = <A, E, R, E2 = never, R2 = never>(
  test: Effect.Effect<A, E, R>,
  scene: Effect.Effect<unknown, E2, R2> = Effect.void,
) =>
  Effect.flatMap(FakeServer, (server) =>
    Ref.update(server, (known) => ({
      ...known,
      reply: { want: ["snapshot"] as const },
      repliesTake: "1 second" as const,
    })),
  ).pipe(
    Effect.andThen(Effect.flatMap(Snapshots, ({ acknowledge }) => acknowledge(earlier))),
    Effect.andThen(scene),
    Effect.andThen(Effect.provide(test, HeartbeatLoop.layer)),
    Effect.provide(AgentLayers.layer),
  )

describe("an agent that is asked for the whole scan", () => {
  it.effect("sends what it has delivered once more", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* held, Option.none())
        const pending = yield* Effect.flatMap(Snapshots, (snapshots) => snapshots.pending)
        assert.deepStrictEqual(
          Option.map(pending, ({ id }) => id),
          Option.some(earlier.id),
        )
      }),
    ),
  )

  it.effect("sends nothing more than the scan that is on its way", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* held, Option.some(earlier.digest))
      }),
      Effect.flatMap(Snapshots, ({ keep }) => keep(later)),
    ),
  )

  it.effect("sends nothing more where a scan was delivered while the answer was on its way", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("500 millis")
        yield* Effect.flatMap(Snapshots, ({ acknowledge }) => acknowledge(later))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* held, Option.some(later.digest))
        // Asked again, it is believed.
        yield* Effect.flatMap(Supervisor, ({ wake }) => wake("heartbeat"))
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* held, Option.none())
      }),
    ),
  )
})

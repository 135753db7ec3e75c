import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { applyDelta, snapshotDigest } from "../../src/domain/snapshot.ts"
import * as HostScanner from "../../src/scan/HostScanner.ts"
import * as ScanLoop from "../../src/scan/ScanLoop.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import * as UploadLoop from "../../src/heartbeat/UploadLoop.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import { RequestFailed } from "../../src/transport/ControlPlane.ts"
import { FeedStore } from "../../src/vulnerability/FeedStore.ts"
import { eventually } from "../eventually.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { agentId } from "../fakes/CommandSigning.ts"
import { FakeServer } from "../fakes/FakeControlPlane.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import * as noFeed from "../fakes/noFeed.ts"
import * as noLivePatches from "../fakes/noLivePatches.ts"

const baseWith = (feeds: Layer.Layer<FeedStore>) =>
  HostScanner.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        AgentLayers.layer,
        FakeManagers.layer,
        feeds,
        noLivePatches.layer,
        NodeCrypto.layerSecureRandom,
      ),
    ),
  )
const base = baseWith(noFeed.layer)

const loops = Layer.merge(ScanLoop.layer, UploadLoop.layer)

/** An enrolled agent whose loops start once the scene is set. */
const running = <A, E, R, E2 = never, R2 = never>(
  test: Effect.Effect<A, E, R>,
  scene: Effect.Effect<unknown, E2, R2> = Effect.void,
  world = base,
) =>
  Effect.flatMap(Identity, (identity) => identity.remember({ agentId, exchangeToken: "token" })).pipe(
    Effect.andThen(scene),
    Effect.andThen(Effect.provide(test, loops)),
    Effect.provide(world),
  )

const uploads = Effect.map(Effect.flatMap(FakeServer, Ref.get), (memory) => memory.uploads)
const changeManager = (change: Partial<FakeManagers.ManagerMemory>) =>
  Effect.flatMap(FakeManagers.FakeManager, (memory) =>
    Ref.update(memory, (known) => ({ ...known, ...change })),
  )

describe("the scan loop", () => {
  it.effect("scans at start and every six hours, and uploads only a digest when nothing changed", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("13 hours")
        assert.deepStrictEqual(
          (yield* uploads).map(({ kind }) => kind),
          ["full", "digest", "digest"],
        )
      }),
    ),
  )

  it.effect("scans at once where the clock was set back, and goes on from there", () =>
    running(
      Effect.gen(function* () {
        const supervisor = yield* Supervisor
        const scans = Effect.map(uploads, ({ length }) => length)
        yield* TestClock.adjust("31 hours")
        assert.strictEqual(yield* scans, 6)
        yield* TestClock.setTime(Duration.toMillis(Duration.hours(7)))
        yield* supervisor.wake("scan")
        yield* eventually("a scan at once", scans, (count) => count === 7)
        yield* supervisor.wake("scan")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* scans, 7)
      }),
    ),
  )

  it.effect("scans early, once, when the package database has changed and come to rest", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 hour")
        yield* changeManager({ stamp: "2", packages: [FakeManagers.installed("bash", "5.2-2")] })
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual((yield* uploads).length, 1)
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(
          (yield* uploads).map(({ kind }) => kind),
          ["full", "full"],
        )
      }),
    ),
  )

  it.effect("scans as soon as it is told of another vulnerability feed, and not for the same one", () => {
    let stamp = ""
    const feeds = Layer.mock(FeedStore)({
      current: Effect.succeedNone,
      stamp: Effect.sync(() => stamp),
    })
    return running(
      Effect.gen(function* () {
        const supervisor = yield* Supervisor
        const bell = supervisor.wake("scan")
        const scans = Effect.map(uploads, ({ length }) => length)
        yield* TestClock.adjust("11 minutes")
        assert.strictEqual(yield* scans, 1)
        stamp = "412"
        yield* bell
        yield* eventually("a scan at once", scans, (count) => count === 2)
        yield* bell
        yield* TestClock.adjust("11 minutes")
        assert.strictEqual(yield* scans, 2)
        stamp = "413"
        yield* TestClock.adjust("6 minutes")
        yield* eventually("a scan without a bell", scans, (count) => count === 3)
      }),
      Effect.void,
      baseWith(feeds),
    )
  })

  it.effect("sends a delta that leads the server to what the host has", () =>
    running(
      Effect.gen(function* () {
        const many = Array.from({ length: 50 }, (_, n) => FakeManagers.installed(`package-${n}`, "1"))
        yield* changeManager({ stamp: "2", packages: many })
        yield* TestClock.adjust("1 hour")
        yield* changeManager({ stamp: "3", packages: [...many.slice(1), FakeManagers.installed("new", "1")] })
        yield* TestClock.adjust("1 hour")
        const [, second, third] = yield* uploads
        assert.isTrue(second?.kind === "full" && third?.kind === "delta")
        if (second?.kind !== "full" || third?.kind !== "delta") return
        assert.strictEqual(third.base, second.summary.digest)
        assert.strictEqual(snapshotDigest(applyDelta(second, third)), third.summary.digest)
      }),
    ),
  )

  it.effect("sends the whole when the server holds other rows", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 minute")
        yield* Effect.flatMap(FakeServer, (server) =>
          Ref.update(server, (known) => ({ ...known, refuseSnapshots: 1 })),
        )
        yield* TestClock.adjust("7 hours")
        assert.deepStrictEqual(
          (yield* uploads).map(({ kind }) => kind),
          ["full", "full"],
        )
      }),
    ),
  )

  it.effect("knows what the server holds, and sends the whole again when the server lost it", () =>
    running(
      Effect.gen(function* () {
        const snapshots = yield* Snapshots
        yield* TestClock.adjust("1 minute")
        const [first] = yield* uploads
        assert.deepStrictEqual(yield* snapshots.heldDigest, Option.some(first?.summary.digest))
        yield* snapshots.resend
        assert.isTrue(Option.isNone(yield* snapshots.heldDigest))
        yield* Effect.flatMap(Supervisor, (supervisor) => supervisor.wake("upload"))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(
          (yield* uploads).map(({ kind }) => kind),
          ["full", "full"],
        )
      }),
    ),
  )

  it.effect("keeps an undelivered scan and delivers it when the server is back", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        assert.isTrue(Option.isSome(yield* Effect.flatMap(Snapshots, ({ pending }) => pending)))
        const states = yield* Effect.flatMap(Supervisor, (supervisor) => supervisor.states)
        assert.strictEqual(states.find(({ name }) => name === "upload")?.consecutiveFailures, 2)
        yield* TestClock.adjust("11 minutes")
        assert.strictEqual((yield* uploads).length, 1)
        assert.isTrue(Option.isNone(yield* Effect.flatMap(Snapshots, ({ pending }) => pending)))
      }),
      Effect.flatMap(FakeServer, (server) =>
        Ref.update(server, (known) => ({
          ...known,
          failures: Array.from(
            { length: 2 },
            () => new RequestFailed({ code: "dns", retryable: true, detail: "no such host" }),
          ),
        })),
      ),
    ),
  )

  it.effect("delivers no sooner than the server asks, also when there is another scan meanwhile", () =>
    running(
      Effect.gen(function* () {
        const supervisor = yield* Supervisor
        yield* TestClock.adjust("10 minutes")
        yield* supervisor.wake("upload")
        yield* TestClock.adjust("19 minutes")
        assert.strictEqual((yield* uploads).length, 0)
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual((yield* uploads).length, 1)
      }),
      Effect.flatMap(FakeServer, (server) =>
        Ref.update(server, (known) => ({
          ...known,
          failures: [
            new RequestFailed({
              code: "rate_limited",
              retryable: true,
              retryAfterSeconds: 1800,
              detail: "slow down",
            }),
          ],
        })),
      ),
    ),
  )
})

describe("ScanHost", () => {
  it.effect("never claims completeness when a collector failed", () =>
    Effect.gen(function* () {
      const host = yield* ScanHost
      for (const failing of ["inventory", "updates", "refresh"] as const) {
        yield* changeManager({ failing: new Set([failing]) })
        const scan = yield* host.scan({ refresh: "always" })
        assert.strictEqual(scan.completeness.verdict, "partial", failing)
      }
      yield* changeManager({ failing: new Set() })
      assert.strictEqual((yield* host.scan({ refresh: "always" })).completeness.verdict, "complete")
    }).pipe(Effect.provide(base)),
  )

  it.effect("keeps what the other collectors found when one fails", () =>
    Effect.gen(function* () {
      const host = yield* ScanHost
      yield* changeManager({ failing: new Set(["updates"] as const) })
      const scan = yield* host.scan({ refresh: "never" })
      assert.strictEqual(scan.packages.length, 2)
      assert.strictEqual(scan.updates.length, 0)
    }).pipe(Effect.provide(base)),
  )
})

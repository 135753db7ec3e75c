import { NodeCrypto, NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { CommandInbox } from "../../src/command/CommandInbox.ts"
import * as CommandLoop from "../../src/command/CommandLoop.ts"
import { ExecutorClient } from "../../src/command/ExecutorClient.ts"
import type { CommandResult } from "../../src/domain/Command.ts"
import * as HeartbeatLoop from "../../src/heartbeat/HeartbeatLoop.ts"
import * as HostScanner from "../../src/scan/HostScanner.ts"
import * as ScanLoop from "../../src/scan/ScanLoop.ts"
import * as UploadLoop from "../../src/heartbeat/UploadLoop.ts"
import { controlPlaneRetry } from "../../src/schedules.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Outbox, outboxLimits } from "../../src/store/Outbox.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import { AgentRefused, ControlPlane, RequestFailed } from "../../src/transport/ControlPlane.ts"
import { eventually } from "../eventually.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { commandId } from "../fakes/CommandSigning.ts"
import { FakeServer, type ServerMemory } from "../fakes/FakeControlPlane.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import * as noFeed from "../fakes/noFeed.ts"
import * as noLivePatches from "../fakes/noLivePatches.ts"

// The daemon's own loops and its state in a file, over an outage of two days.

const memory = Effect.flatMap(FakeServer, Ref.get)

const tell = (change: Partial<ServerMemory>) =>
  Effect.flatMap(FakeServer, (server) => Ref.update(server, (known) => ({ ...known, ...change })))

const setHost = (change: Partial<FakeManagers.ManagerMemory>) =>
  Effect.flatMap(FakeManagers.FakeManager, (host) => Ref.update(host, (known) => ({ ...known, ...change })))

/** Tries again within a round, as the real transport does. */
const patient = Layer.effect(
  ControlPlane,
  Effect.map(ControlPlane, (server) =>
    ControlPlane.of({
      enrol: (...call) => Effect.retry(server.enrol(...call), controlPlaneRetry),
      heartbeat: (...call) => Effect.retry(server.heartbeat(...call), controlPlaneRetry),
      uploadScan: (...call) => Effect.retry(server.uploadScan(...call), controlPlaneRetry),
      deliverResult: (...call) => Effect.retry(server.deliverResult(...call), controlPlaneRetry),
    }),
  ),
)

/** Envelope n is answered with the result of command n. */
const executor = Layer.mock(ExecutorClient, {
  execute: Effect.fnUntraced(function* (envelope: string) {
    const now = yield* DateTime.now
    const result: CommandResult = {
      commandId: commandId(Number(envelope)),
      command: "health_check",
      status: "failed",
      problem: { code: "test", detail: "x".repeat(4000) },
      startedAt: now,
      finishedAt: now,
    }
    return result
  }),
})

const loops = Layer.mergeAll(
  HeartbeatLoop.layer,
  ScanLoop.layer,
  UploadLoop.layer,
  CommandLoop.layer.pipe(Layer.provide(executor)),
).pipe(Layer.provide(patient))

/** Counts lines by event. */
const counted = (lines: Map<string, number>) =>
  Logger.layer([
    Logger.make(({ message }) => {
      const [event] = Array.isArray(message) ? message : [message]
      lines.set(String(event), (lines.get(String(event)) ?? 0) + 1)
    }),
  ])

/** An agent with its state in a file, enrolled and with its first scan delivered. */
const running = <A, E, R>(test: (log: ReadonlyMap<string, number>) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    // Two days of writes that wait for a disk are a minute of it.
    const memoryDisk = (yield* files.exists("/dev/shm")) ? { directory: "/dev/shm" } : {}
    const directory = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-offline-", ...memoryDisk })
    const log = new Map<string, number>()
    const world = HostScanner.layer.pipe(
      Layer.provideMerge(
        Layer.mergeAll(
          AgentLayers.layerStored(`${directory}/agent.sqlite`),
          FakeManagers.layer,
          noFeed.layer,
          noLivePatches.layer,
          NodeCrypto.layerSecureRandom,
        ),
      ),
    )
    return yield* TestClock.adjust("11 minutes").pipe(
      Effect.andThen(test(log)),
      Effect.provide(loops.pipe(Layer.provideMerge(world), Layer.provideMerge(counted(log)))),
    )
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

setFlagsFromString("--expose-gc")

/** Bytes of the heap that something still refers to. */
const heapInUse = Effect.sync(() => {
  runInNewContext("gc()")
  return process.memoryUsage().heapUsed
})

/** The envelope of command n, as large as one that names many packages. */
const envelope = (n: number) => Buffer.from(String(n).padEnd(16 * 1024)).toString()

/** Command n comes to its end; its result goes to the outbox by the command loop. */
const finishes = (n: number) =>
  Effect.flatMap(CommandInbox, (inbox) => inbox.offer([envelope(n)])).pipe(
    Effect.andThen(TestClock.adjust("2 minutes")),
  )

const delivered = Effect.map(memory, ({ results }) => results.map((result) => result.commandId))

const away = new RequestFailed({ code: "connection_refused", retryable: true, detail: "nobody listens" })

describe("an agent that is offline", () => {
  it.effect(
    "for 48 hours delivers all within two beats of recovery, in order, and says what it dropped",
    () =>
      running((log) =>
        Effect.gen(function* () {
          const outbox = yield* Outbox
          const snapshots = yield* Snapshots
          const before = yield* memory
          yield* tell({ down: Option.some(away) })

          // One result every two minutes, another inventory every two hours.
          const count = (48 * 60) / 2
          let halfway = 0
          for (let n = 1; n <= count; n++) {
            yield* finishes(n)
            if (n === count / 2) halfway = yield* heapInUse
            if (n % 60 !== 30) continue
            yield* setHost({ stamp: String(n), packages: [FakeManagers.installed("bash", `5.2-${n}`)] })
          }
          // Kept beats, results or envelopes of a day would be 10 MiB and more; the code itself takes some 100 KiB.
          assert.isBelow((yield* heapInUse) - halfway, 4 * 1024 * 1024)
          const kept = outboxLimits.results
          assert.deepStrictEqual(yield* outbox.backlog, { pending: kept, dropped: count - kept })
          assert.deepStrictEqual(yield* delivered, [])
          // One line for each result, and at most one for each beat, regular or early, and each upload.
          const lines = [...log.values()].reduce((sum, times) => sum + times, 0)
          assert.isBelow(lines, 4 * count)

          yield* tell({ down: Option.none() })
          yield* TestClock.adjust("10 minutes")
          // What is left of it takes none of the test's time.
          yield* eventually("an empty outbox", outbox.backlog, ({ pending }) => pending === 0)
          assert.deepStrictEqual(
            yield* delivered,
            Array.from({ length: kept }, (_, n) => commandId(count - kept + n + 1)),
          )
          assert.deepStrictEqual(yield* outbox.backlog, { pending: 0, dropped: count - kept })
          const after = yield* memory
          const [first] = after.beats.slice(before.beats.length)
          assert.strictEqual(first?.beat.droppedResults, count - kept)
          assert.strictEqual((first?.beat.results.length ?? 0) + (first?.beat.pendingResults ?? 0), kept)
          assert.isTrue(Option.isNone(yield* snapshots.pending))
          const [upload, ...more] = after.uploads.slice(before.uploads.length)
          assert.deepStrictEqual(more, [])
          assert.deepStrictEqual(yield* snapshots.heldDigest, Option.some(upload?.summary.digest))
          assert.strictEqual(after.enrolments, 1)
        }),
      ),
  )

  it.effect(
    "because its clock is a day off keeps results and identity, asks once an interval, and then delivers",
    () =>
      running((log) =>
        Effect.gen(function* () {
          const outbox = yield* Outbox
          const identity = yield* Identity
          yield* tell({ down: Option.some(new AgentRefused({ code: "bad_request_signature" })) })
          for (let n = 1; n <= 30; n++) yield* finishes(n)
          assert.deepStrictEqual(yield* outbox.backlog, { pending: 30, dropped: 0 })
          // Not once for each result.
          assert.isAtMost(log.get("heartbeat.lost") ?? 0, 13)
          assert.isTrue(Option.isSome(yield* identity.enrolment))
          yield* tell({ down: Option.none() })
          yield* TestClock.adjust("10 minutes")
          assert.deepStrictEqual(
            yield* delivered,
            Array.from({ length: 30 }, (_, n) => commandId(n + 1)),
          )
          assert.strictEqual((yield* memory).enrolments, 1)
        }),
      ),
  )
})

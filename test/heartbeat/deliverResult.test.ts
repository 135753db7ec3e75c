import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import type { CommandResult } from "../../src/domain/Command.ts"
import { PackageName } from "../../src/domain/Package.ts"
import { mostRefusals } from "../../src/heartbeat/deliverResult.ts"
import * as HeartbeatLoop from "../../src/heartbeat/HeartbeatLoop.ts"
import * as UploadLoop from "../../src/heartbeat/UploadLoop.ts"
import { Outbox } from "../../src/store/Outbox.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import { RequestFailed } from "../../src/transport/ControlPlane.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { commandId } from "../fakes/CommandSigning.ts"
import { scanOf } from "../scan/scanOf.ts"
import { FakeServer, type ServerMemory } from "../fakes/FakeControlPlane.ts"

const memory = Effect.flatMap(FakeServer, Ref.get)

const running = <A, E, R>(test: Effect.Effect<A, E, R>, scene: Partial<ServerMemory>) =>
  Effect.flatMap(FakeServer, (server) => Ref.update(server, (known) => ({ ...known, ...scene }))).pipe(
    Effect.andThen(Effect.provide(test, Layer.merge(HeartbeatLoop.layer, UploadLoop.layer))),
    Effect.provide(AgentLayers.layer),
  )

/** A command that went well, with so much in its report. */
const result = (number: number, length = 0): CommandResult => ({
  commandId: commandId(number),
  command: "get_package_info",
  status: "succeeded",
  output: {
    command: "get_package_info",
    report: {
      packages: [],
      unknown: Array.from({ length }, (_, n) => PackageName.make(`unknown-package-${n}`)),
    },
  },
  startedAt: DateTime.makeUnsafe(0),
  finishedAt: DateTime.makeUnsafe(0),
})

const answered = (status: number) =>
  new RequestFailed({
    code: status === 429 ? "rate_limited" : status >= 500 ? "server_error" : "rejected",
    retryable: status === 408 || status === 429 || status >= 500,
    status,
    detail: "payload_too_large",
  })

const hasReport = (id: number) => (sent: CommandResult) =>
  sent.commandId === commandId(id) && sent.output !== undefined

const intervals = (count: number) => TestClock.adjust(`${count * 5} minutes`)
const delivered = Effect.map(memory, ({ results }) => results.map((sent) => sent.commandId))
const add = (...results: ReadonlyArray<CommandResult>) =>
  Effect.flatMap(Outbox, (outbox) => Effect.forEach(results, outbox.add))

const keepScan = Effect.flatMap(Snapshots, ({ keep }) => keep(scanOf(1, { packages: [], updates: [] })))

describe("a result that is too large for a beat", () => {
  it.effect("goes on its own, after it, and the next one at once", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        yield* add(result(1, 4000), result(2, 4000))
        yield* intervals(1)
        assert.deepStrictEqual(yield* delivered, [commandId(1), commandId(2)])
        assert.deepStrictEqual(
          (yield* memory).beats.map(({ beat }) => [beat.results.length, beat.pendingResults]),
          [
            [0, 0],
            [0, 2],
          ],
        )
      }),
      {},
    ),
  )

  it.effect("is not sent again at once where the server acknowledges another one", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        yield* add(result(1, 4000))
        yield* intervals(3)
        assert.deepStrictEqual(yield* delivered, [commandId(1), commandId(1), commandId(1)])
        assert.strictEqual((yield* Effect.flatMap(Outbox, (outbox) => outbox.backlog)).pending, 1)
      }),
      { receipt: () => commandId(2) },
    ),
  )

  it.effect(
    "takes as long as it takes, and beats go on meanwhile; the next one and those behind follow",
    () =>
      running(
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          yield* add(result(1, 4000), result(2, 4000), result(3))
          // Two of 17 minutes each, the first begun with the next beat.
          yield* TestClock.adjust("16 minutes")
          assert.deepStrictEqual(yield* delivered, [])
          yield* TestClock.adjust("24 minutes")
          const { beats, results } = yield* memory
          assert.deepStrictEqual(results, [result(1, 4000), result(2, 4000), result(3)])
          assert.deepStrictEqual(
            beats.slice(0, 9).map(({ beat }) => beat.pendingResults),
            // The last follows at once.
            [0, 3, 3, 3, 3, 2, 2, 2, 0],
          )
        }),
        { resultsTake: "17 minutes" },
      ),
  )

  it.effect(
    "holds neither beats nor scans up when it cannot be delivered, and what is behind it comes later",
    () =>
      running(
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          yield* add(result(1, 4000), result(2))
          yield* keepScan
          yield* intervals(2)
          const lost = yield* memory
          assert.deepStrictEqual([lost.beats.length, lost.results, lost.uploads.length], [3, [], 1])
          const states = yield* Effect.flatMap(Supervisor, (supervisor) => supervisor.states)
          assert.deepStrictEqual(
            states.flatMap(({ name, consecutiveFailures, lastError }) =>
              name === "status" ? [] : [[name, consecutiveFailures, lastError]],
            ),
            [
              ["heartbeat", 0, undefined],
              ["upload", 2, "timed out: too long"],
            ],
          )
          yield* intervals(1)
          assert.deepStrictEqual(yield* delivered, [commandId(1), commandId(2)])
        }),
        { refuseResults: 2 },
      ),
  )

  it.effect("is followed by nothing before its time when the server asks for patience", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        yield* add(result(1, 4000))
        yield* keepScan
        yield* intervals(6)
        const early = yield* memory
        assert.deepStrictEqual([early.results, early.uploads], [[], []])
        yield* Effect.flatMap(FakeServer, (server) =>
          Ref.update(server, (known) => ({ ...known, objection: () => undefined })),
        )
        yield* intervals(1)
        const late = yield* memory
        assert.deepStrictEqual([late.results.length, late.uploads.length], [1, 1])
      }),
      {
        objection: (sent) =>
          hasReport(1)(sent)
            ? new RequestFailed({
                code: "rate_limited",
                retryable: true,
                retryAfterSeconds: 1800,
                detail: "busy",
              })
            : undefined,
      },
    ),
  )
})

describe("a result that the control plane refuses for good", () => {
  it.effect(
    "is sent some times more; then a small one says so in its place, and those behind it follow",
    () =>
      running(
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          yield* add(result(1, 4000), result(2))
          yield* intervals(mostRefusals - 1)
          assert.deepStrictEqual(yield* delivered, [])
          yield* intervals(2)
          const { beats, results } = yield* memory
          assert.deepStrictEqual(yield* delivered, [commandId(1), commandId(2)])
          assert.isAtLeast(beats.length, mostRefusals)
          const [small] = results
          assert.strictEqual(small?.status, "succeeded")
          assert.isUndefined(small?.output)
          assert.strictEqual(small?.problem?.code, "result_refused")
          assert.include(
            small?.problem?.detail,
            "refused this result 10 times: rejected (413): payload_too_large",
          )
          assert.deepStrictEqual(yield* Effect.flatMap(Outbox, (outbox) => outbox.backlog), {
            pending: 0,
            dropped: 0,
          })
        }),
        { objection: (sent) => (hasReport(1)(sent) ? answered(413) : undefined) },
      ),
  )

  it.effect("loses its place when the small one is not taken either, and is counted as dropped", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        yield* add(result(1, 4000), result(2))
        yield* intervals(2 * mostRefusals + 2)
        assert.deepStrictEqual(yield* delivered, [commandId(2)])
        const { beats } = yield* memory
        assert.strictEqual(beats.at(-1)?.beat.droppedResults, 1)
      }),
      { objection: (sent) => (sent.commandId === commandId(1) ? answered(400) : undefined) },
    ),
  )

  it.effect("does not keep the agent from beating when it rode in a beat, nor the others from arriving", () =>
    running(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        yield* add(result(1), result(2), result(3))
        // One beat is lost with all three; the next goes without them, and takes the first along alone.
        yield* intervals(2)
        assert.deepStrictEqual(yield* delivered, [commandId(1)])
        assert.strictEqual((yield* memory).beats.length, 2)
        yield* intervals(mostRefusals + 1)
        assert.deepStrictEqual(yield* delivered, [commandId(1), commandId(2), commandId(3)])
        // Beats bring results again.
        yield* add(result(4))
        yield* intervals(1)
        assert.deepStrictEqual(
          (yield* memory).beats.at(-1)?.beat.results.map((sent) => sent.commandId),
          [commandId(4)],
        )
      }),
      { objection: (sent) => (hasReport(2)(sent) ? answered(422) : undefined) },
    ),
  )

  for (const status of [401, 408, 429, 503]) {
    it.effect(`is kept whole when the refusal may pass: ${status}`, () =>
      running(
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          yield* add(result(1, 4000))
          yield* intervals(3 * mostRefusals)
          yield* Effect.flatMap(FakeServer, (server) =>
            Ref.update(server, (known) => ({ ...known, objection: () => undefined })),
          )
          yield* intervals(1)
          assert.deepStrictEqual((yield* memory).results, [result(1, 4000)])
        }),
        { objection: (sent) => (hasReport(1)(sent) ? answered(status) : undefined) },
      ),
    )
  }
})

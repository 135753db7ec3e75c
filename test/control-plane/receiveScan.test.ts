import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { scanHistoryLimit, Scans } from "../../src/control-plane/persistence/Scans.ts"
import { receiveScan } from "../../src/control-plane/receiveScan.ts"
import { deltaBetween, type Snapshot, snapshotDigest } from "../../src/domain/snapshot.ts"
import type { ScanUpload } from "../../src/protocol/AgentMessages.ts"
import { agentIdOf, scanIdOf, snapshotOf, summary } from "./samples.ts"
import { enrolled, layer } from "./temporaryStore.ts"

const first = snapshotOf("bash=5.2", "dpkg=1.21")
const second = snapshotOf("bash=5.3", "curl=7.88", "dpkg=1.21")

const full = (rows: Snapshot, number: number): ScanUpload => ({
  kind: "full",
  summary: summary(rows, number),
  ...rows,
})
const delta = (from: Snapshot, to: Snapshot, number: number): ScanUpload => ({
  kind: "delta",
  summary: summary(to, number),
  base: snapshotDigest(from),
  ...deltaBetween(from, to),
})
const digest = (rows: Snapshot, number: number): ScanUpload => ({
  kind: "digest",
  summary: summary(rows, number),
})

const agent = agentIdOf(1)

/** `stored`, or the problem's code. */
const outcome = (upload: ScanUpload) =>
  receiveScan(agent, upload).pipe(
    Effect.match({
      onSuccess: () => "stored",
      onFailure: (error) => ("code" in error ? error.code : error._tag),
    }),
  )

const held = Effect.gen(function* () {
  const scans = yield* Scans
  return Option.getOrUndefined(yield* scans.latest(agent))
})

const names = (rows: Snapshot | undefined) => rows?.packages.map(({ name, version }) => `${name}=${version}`)

describe("receiveScan", () => {
  it.effect("keeps a whole snapshot, then what a delta makes of it, then that it is unchanged", () =>
    Effect.gen(function* () {
      yield* enrolled()
      assert.strictEqual(yield* outcome(full(first, 1)), "stored")
      assert.strictEqual(yield* outcome(delta(first, second, 2)), "stored")
      assert.strictEqual(yield* outcome(digest(second, 3)), "stored")
      const scan = yield* held
      assert.deepStrictEqual(names(scan), ["bash=5.3", "curl=7.88", "dpkg=1.21"])
      assert.strictEqual(scan?.summary.scanId, scanIdOf(3))
    }).pipe(Effect.provide(layer)),
  )

  it.effect("refuses a digest and a delta when it holds nothing", () =>
    Effect.gen(function* () {
      yield* enrolled()
      assert.strictEqual(yield* outcome(digest(first, 1)), "snapshot_mismatch")
      assert.strictEqual(yield* outcome(delta(first, second, 1)), "snapshot_mismatch")
      assert.isUndefined(yield* held)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("refuses what was made over other rows and says which it holds", () =>
    Effect.gen(function* () {
      yield* enrolled()
      yield* outcome(full(first, 1))
      const refused = yield* Effect.flip(receiveScan(agent, delta(second, snapshotOf("bash=6.0"), 2)))
      assert.strictEqual("held" in refused ? refused.held : undefined, snapshotDigest(first))
      assert.strictEqual(yield* outcome(digest(second, 2)), "snapshot_mismatch")
      assert.deepStrictEqual(names(yield* held), names(first))
    }).pipe(Effect.provide(layer)),
  )

  it.effect("refuses a delta that does not lead where it says", () =>
    Effect.gen(function* () {
      yield* enrolled()
      yield* outcome(full(first, 1))
      const lying: ScanUpload = { ...delta(first, second, 2), summary: summary(snapshotOf("bash=9"), 2) }
      assert.strictEqual(yield* outcome(lying), "snapshot_mismatch")
      assert.deepStrictEqual(names(yield* held), names(first))
    }).pipe(Effect.provide(layer)),
  )

  it.effect("refuses a whole snapshot whose digest is wrong, and not with a request to send it again", () =>
    Effect.gen(function* () {
      yield* enrolled()
      assert.strictEqual(
        yield* outcome({ kind: "full", summary: summary(second, 1), ...first }),
        "invalid_request",
      )
      assert.isUndefined(yield* held)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("takes every scan once, also when its receipt got lost", () =>
    Effect.gen(function* () {
      const scans = yield* Scans
      yield* enrolled()
      const uploads = [full(first, 1), full(first, 1), delta(first, second, 2), delta(first, second, 2)]
      for (const upload of uploads) assert.strictEqual(yield* outcome(upload), "stored")
      const history = yield* scans.history(agent)
      assert.deepStrictEqual(
        history.map(({ scanId }) => scanId),
        [scanIdOf(2), scanIdOf(1)],
      )
    }).pipe(Effect.provide(layer)),
  )

  it.effect("does not fall back to a scan that comes again after a later one", () =>
    Effect.gen(function* () {
      yield* enrolled()
      for (const upload of [full(first, 1), full(second, 2), full(first, 1)]) yield* outcome(upload)
      const scan = yield* held
      assert.strictEqual(scan?.summary.scanId, scanIdOf(2))
      assert.deepStrictEqual(names(scan), names(second))
    }).pipe(Effect.provide(layer)),
  )

  it.effect("keeps a bounded history", () =>
    Effect.gen(function* () {
      const scans = yield* Scans
      yield* enrolled()
      yield* outcome(full(first, 0))
      for (let number = 1; number <= scanHistoryLimit + 3; number++) yield* outcome(digest(first, number))
      const history = yield* scans.history(agent)
      assert.lengthOf(history, scanHistoryLimit)
      assert.strictEqual(history[0]?.scanId, scanIdOf(scanHistoryLimit + 3))
    }).pipe(Effect.provide(layer)),
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Agents } from "../../src/control-plane/persistence/Agents.ts"
import { Scans } from "../../src/control-plane/persistence/Scans.ts"
import { receiveScan } from "../../src/control-plane/receiveScan.ts"
import type { Scan } from "../../src/domain/Scan.ts"
import type { ScanUpload } from "../../src/protocol/AgentMessages.ts"
import { uploadFor } from "../../src/scan/deliverScan.ts"
import { coverageOf, findingsOf, scanOf } from "../scan/scanOf.ts"
import { agentIdOf, snapshotOf } from "./samples.ts"
import { enrolled, layer } from "./temporaryStore.ts"

const agent = agentIdOf(1)
const rows = snapshotOf("bash=5.2", "dpkg=1.21", "openssl=3.0.14-1", "zsh=5.9")
const later = snapshotOf("bash=5.3", "dpkg=1.21", "openssl=3.0.14-1", "zsh=5.9")

const scan = (number: number, serial: number, ...cves: ReadonlyArray<string>): Scan =>
  scanOf(number, rows, { findings: findingsOf(...cves), coverage: coverageOf(serial) })

const first = scan(1, 412, "CVE-2026-1", "CVE-2026-2")

const whole = (of: Scan) => uploadFor(of, Option.none())
const change = (from: Scan, to: Scan) => uploadFor(to, Option.some(from))

/** `stored`, or the problem's code. */
const outcome = (upload: ScanUpload) =>
  receiveScan(agent, upload).pipe(
    Effect.match({
      onSuccess: () => "stored",
      onFailure: (error) => ("code" in error ? error.code : error._tag),
    }),
  )

const known = Effect.gen(function* () {
  const scans = yield* Scans
  const agents = yield* Agents
  const { report, findings, notEvaluated } = Option.getOrThrow(yield* scans.latest(agent))
  const server = Option.getOrThrow(yield* agents.find("acme", agent))
  assert.deepStrictEqual(server.report, report)
  return {
    serial: report?.coverage.feed?.serial,
    cves: findings?.map(({ cve }) => cve),
    notEvaluated: notEvaluated?.length,
  }
})

const testing = (name: string, test: Effect.Effect<void, unknown, Agents | Scans>) =>
  it.effect(name, () => enrolled().pipe(Effect.andThen(test), Effect.provide(layer)))

describe("the findings of a scan", () => {
  testing(
    "are kept, stay while nothing changes, and are replaced by others",
    Effect.gen(function* () {
      assert.strictEqual(yield* outcome(whole(first)), "stored")
      assert.deepStrictEqual(yield* known, {
        serial: 412,
        cves: ["CVE-2026-1", "CVE-2026-2"],
        notEvaluated: 1,
      })
      const same = scan(2, 412, "CVE-2026-1", "CVE-2026-2")
      assert.strictEqual(yield* outcome(change(first, same)), "stored")
      assert.deepStrictEqual((yield* known).cves, ["CVE-2026-1", "CVE-2026-2"])
      const fewer = scan(3, 412, "CVE-2026-2")
      assert.strictEqual(yield* outcome(change(same, fewer)), "stored")
      assert.deepStrictEqual((yield* known).cves, ["CVE-2026-2"])
    }),
  )

  testing(
    "stay when only what they rest on has changed",
    Effect.gen(function* () {
      yield* outcome(whole(first))
      const newer = scan(2, 413, "CVE-2026-1", "CVE-2026-2")
      assert.strictEqual(yield* outcome(change(first, newer)), "stored")
      assert.deepStrictEqual(yield* known, {
        serial: 413,
        cves: ["CVE-2026-1", "CVE-2026-2"],
        notEvaluated: 1,
      })
    }),
  )

  testing(
    "come with a change of the packages, and once more without harm when the receipt got lost",
    Effect.gen(function* () {
      const scans = yield* Scans
      yield* outcome(whole(first))
      const next = scanOf(2, later, { findings: findingsOf("CVE-2026-3"), coverage: coverageOf(412) })
      const delta = change(first, next)
      assert.strictEqual(delta.kind, "delta")
      for (const upload of [delta, delta]) assert.strictEqual(yield* outcome(upload), "stored")
      assert.deepStrictEqual((yield* known).cves, ["CVE-2026-3"])
      assert.lengthOf(yield* scans.history(agent), 2)
    }),
  )

  testing(
    "are asked for, with everything else, when the server does not have what the agent relies on",
    Effect.gen(function* () {
      // Rows only, as an agent sent them that did not look, or as they came back from a backup.
      yield* outcome(whole(scanOf(1, rows)))
      const news = scan(2, 413, "CVE-2026-1", "CVE-2026-2")
      for (const upload of [change(first, scan(2, 412, "CVE-2026-1", "CVE-2026-2")), change(first, news)]) {
        assert.strictEqual(yield* outcome(upload), "snapshot_mismatch")
        assert.isUndefined((yield* known).cves)
      }
      const { found: _, ...unfounded } = whole(news)
      assert.strictEqual(yield* outcome(unfounded), "snapshot_mismatch")
      assert.strictEqual(yield* outcome(whole(news)), "stored")
      assert.strictEqual((yield* known).serial, 413)
    }),
  )

  testing(
    "of a delta that cannot be applied are not kept either",
    Effect.gen(function* () {
      yield* outcome(whole(first))
      const other = scanOf(2, snapshotOf("bash=5.1", "dpkg=1.21", "openssl=3.0.14-1", "zsh=5.9"), {
        findings: findingsOf("CVE-2026-9"),
        coverage: coverageOf(412),
      })
      const next = scanOf(3, later, { findings: findingsOf("CVE-2026-3"), coverage: coverageOf(412) })
      const delta = change(other, next)
      assert.strictEqual(delta.kind, "delta")
      assert.strictEqual(yield* outcome(delta), "snapshot_mismatch")
      assert.deepStrictEqual((yield* known).cves, ["CVE-2026-1", "CVE-2026-2"])
    }),
  )

  testing(
    "do not go back to those of a scan that comes again after a later one",
    Effect.gen(function* () {
      yield* outcome(whole(first))
      const second = scan(2, 413, "CVE-2026-2")
      yield* outcome(change(first, second))
      // The same rows, so that it need not bring them.
      for (const again of [whole(first), change(second, first)]) {
        assert.strictEqual(yield* outcome(again), "stored")
        assert.deepStrictEqual((yield* known).cves, ["CVE-2026-2"])
      }
    }),
  )

  testing(
    "are not shown for a later scan that did not look for any",
    Effect.gen(function* () {
      yield* outcome(whole(first))
      assert.strictEqual(yield* outcome(change(first, scanOf(2, rows))), "stored")
      assert.deepStrictEqual(yield* known, { serial: undefined, cves: undefined, notEvaluated: undefined })
    }),
  )
})

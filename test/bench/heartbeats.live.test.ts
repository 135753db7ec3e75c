import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { budgets } from "../../bench/budgets.ts"
import { HeartbeatReport } from "../../bench/heartbeats/HeartbeatReport.ts"

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(HeartbeatReport))

const script = fileURLToPath(new URL("../../bench/run.ts", import.meta.url))

/** The benchmark as `npm run bench` starts it; what it prints on stderr is the message of a failure. */
const benchmark = Effect.callback<{ readonly stdout: string; readonly failure: string }>((resume) => {
  const child = execFile(process.execPath, [script, "heartbeats", "--json"], (error, stdout, stderr) =>
    resume(Effect.succeed({ stdout, failure: error === null ? "" : `${error.message}\n${stderr}` })),
  )
  return Effect.sync(() => child.kill())
})

describe("1,000 heartbeats against a real control plane", () => {
  it.live(
    "leave nothing behind and stay within the budgets",
    () =>
      Effect.gen(function* () {
        const { stdout, failure } = yield* benchmark
        assert.notStrictEqual(stdout, "", failure)
        const report = yield* decode(stdout)

        assert.deepStrictEqual(report.problems, [])
        assert.strictEqual(failure, "")
        assert.strictEqual(report.beats, 1000)
        assert.strictEqual(report.failed, 0)
        assert.strictEqual(report.latencyMilliseconds.all.count, 1000)
        assert.isAtLeast(report.latencyMilliseconds.all.p99, report.latencyMilliseconds.all.p50)

        assert.isAtMost(report.agentHeap.slopeKilobytesPer100Beats, budgets.heapSlopeKilobytesPer100Beats)
        assert.isAtMost(
          report.agentResident.slopeKilobytesPer100Beats,
          budgets.residentSlopeKilobytesPer100Beats,
        )
        assert.lengthOf(report.agentResident.samplesKilobytes, 20)

        // Every other beat finds its connection closed.
        assert.strictEqual(report.connectionsOpened, 500)
        assert.isAtLeast(report.sessionsResumed, 499)

        // A signature and a digest alone are more than 300 bytes: less would mean that nothing was counted.
        assert.isAbove(report.beatHttpBytes.sent, 300)
        assert.isAtMost(report.beatHttpBytes.sent, 1024)
        assert.isAtMost(report.beatHttpBytes.received, 1024)
        assert.isAbove(report.beatTcpBytes.openConnection.sent, report.beatHttpBytes.sent - 20)
        assert.isAtMost(report.unchangedScanHttpBytes.sent, 1024)
        assert.isAtMost(report.unchangedScanHttpBytes.received, 1024)
        assert.strictEqual(report.wholeInventoryPackages, 2000)
        assert.isAbove(report.wholeInventoryHttpBytes.sent, 10 * 1024)
        assert.isAtMost(report.wholeInventoryHttpBytes.sent, 60 * 1024)
        assert.strictEqual(report.newFindings, 500)
        assert.isAbove(report.newFindingsHttpBytes.sent, 5 * 1024)
      }),
    900_000,
  )
})

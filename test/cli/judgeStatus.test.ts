import { assert, describe, it } from "@effect/vitest"
import { judgeStatus, skewLimitSeconds } from "../../src/cli/judgeStatus.ts"
import { clockToleranceSeconds } from "../../src/executor/verifyEnvelope.ts"
import { at, healthy, now, troubled } from "./sampleStatus.ts"

const { nextBeatAt: _, ...withoutNextBeat } = healthy

describe("judgeStatus", () => {
  it("calls a daemon that beats healthy", () => {
    assert.deepStrictEqual(judgeStatus(healthy, "alive", now).findings, [])
    assert.strictEqual(judgeStatus(healthy, "alive", now).verdict, "healthy")
  })

  it("calls a daemon healthy before its first beat is due", () => {
    const young = { ...withoutNextBeat, loops: [], startedAt: at("2026-11-22T11:59:00Z") }
    assert.strictEqual(judgeStatus(young, "alive", now).verdict, "healthy")
  })

  it("calls a beat overdue after three intervals of silence, not before", () => {
    const silent = (since: string) => ({
      ...withoutNextBeat,
      loops: [{ name: "heartbeat", lastSuccessAt: at(since), consecutiveFailures: 0 }],
    })
    assert.strictEqual(judgeStatus(silent("2026-11-22T11:45:00Z"), "alive", now).verdict, "healthy")
    assert.strictEqual(judgeStatus(silent("2026-11-22T11:44:59Z"), "alive", now).verdict, "degraded")
  })

  it("waits for the beat the server asked for, however late that is", () => {
    const slowed = {
      ...healthy,
      nextBeatAt: at("2026-11-22T12:30:00Z"),
      loops: [{ name: "heartbeat", lastSuccessAt: at("2026-11-22T11:30:00Z"), consecutiveFailures: 0 }],
    }
    assert.strictEqual(judgeStatus(slowed, "alive", now).verdict, "healthy")
    assert.strictEqual(judgeStatus(slowed, "alive", at("2026-11-22T12:40:01Z")).verdict, "degraded")
  })

  it("finds refused key, wrong clock and failing loop at once, each with a remedy", ({ expect }) => {
    expect(judgeStatus(troubled, "alive", now).findings).toMatchInlineSnapshot(`
      [
        {
          "detail": "last heartbeat failed: Invalid license key (last accepted 2 h 2 min ago)",
          "remedy": "run: patchctl selftest",
        },
        {
          "detail": "the clock is 15 min ahead of the server's",
          "remedy": "set the clock: timedatectl set-ntp true",
        },
        {
          "detail": "scan failed 3 times in a row: no space left",
          "remedy": "read the log: journalctl -u patchctl",
        },
      ]
    `)
  })

  it("finds fault with a clock from where on the executor refuses commands", () => {
    assert.strictEqual(skewLimitSeconds, clockToleranceSeconds)
    const skewed = (clockSkewSeconds: number) => judgeStatus({ ...healthy, clockSkewSeconds }, "alive", now)
    assert.strictEqual(skewed(60).verdict, "healthy")
    assert.strictEqual(skewed(61).verdict, "degraded")
    assert.strictEqual(skewed(-61).verdict, "degraded")
  })

  it("forgives a loop other than the heartbeat its first failures", () => {
    const stumbling = {
      ...healthy,
      loops: [...healthy.loops.slice(0, 1), { name: "scan", consecutiveFailures: 2, lastError: "locked" }],
    }
    assert.strictEqual(judgeStatus(stumbling, "alive", now).verdict, "healthy")
  })

  it("says that the process is gone, whatever it said of itself", () => {
    assert.strictEqual(judgeStatus(healthy, "gone", now).verdict, "not_running")
  })

  it("takes a fresh status for life where processes are hidden", () => {
    assert.strictEqual(judgeStatus(healthy, "hidden", now).verdict, "healthy")
    assert.strictEqual(judgeStatus(healthy, "hidden", at("2026-11-22T12:14:00Z")).verdict, "not_running")
  })
})

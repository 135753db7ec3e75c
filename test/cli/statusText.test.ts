import { assert, describe, it } from "@effect/vitest"
import { judgeStatus } from "../../src/cli/judgeStatus.ts"
import { paint } from "../../src/cli/plainText.ts"
import { statusText } from "../../src/cli/statusText.ts"
import { AgentStatus } from "../../src/domain/AgentStatus.ts"
import { at, healthy, now, troubled } from "./sampleStatus.ts"

const plain = paint(false)
const { agentId: _a, lastScan: _s, reboot: _r, clockSkewSeconds: _c, nextBeatAt: _n, ...bare } = healthy

describe("statusText", () => {
  it("shows a healthy daemon", ({ expect }) => {
    expect(statusText(judgeStatus(healthy, "alive", now), now, plain)).toMatchInlineSnapshot(`
      "PatchCTL agent: healthy

        version    1.2.3
        process    812, running for 2 h 5 min
        server     https://api.example.org, as agt_0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11
        heartbeat  accepted 2 min ago, next in 3 min
        clock      agrees with the server's
        scan       2 h ago, complete: 312 packages, 4 updates (2 security, 1 not installable now)
        command    none
        results    all delivered
        reboot     no"
    `)
  })

  it("puts what is wrong and what mends it first", ({ expect }) => {
    expect(statusText(judgeStatus(troubled, "alive", now), now, plain)).toMatchInlineSnapshot(`
      "PatchCTL agent: degraded
        last heartbeat failed: Invalid license key (last accepted 2 h 2 min ago)
          -> run: patchctl selftest
        the clock is 15 min ahead of the server's
          -> set the clock: timedatectl set-ntp true
        scan failed 3 times in a row: no space left
          -> read the log: journalctl -u patchctl

        version    1.2.3
        process    812, running for 2 h 5 min
        server     https://api.example.org, as agt_0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11
        heartbeat  accepted 2 h 2 min ago, next in 3 min
        clock      15 min ahead of the server's
        scan       2 h ago, partial: 312 packages, no update seen
        command    install_updates for 9 min 30 s (cmd_0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d12)
        results    2 wait for delivery
        reboot     yes (6.1.0-28 is installed, 6.1.0-27 runs)"
    `)
  })

  it("shows a daemon that has just started", ({ expect }) => {
    const young = { ...bare, startedAt: at("2026-11-22T11:59:30Z"), loops: [] }
    expect(statusText(judgeStatus(young, "alive", now), now, plain)).toMatchInlineSnapshot(`
      "PatchCTL agent: healthy

        version    1.2.3
        process    812, running for 30 s
        server     https://api.example.org, not enrolled yet
        heartbeat  none accepted yet
        clock      not compared yet
        scan       none finished yet
        command    none
        results    all delivered
        reboot     not checked yet"
    `)
  })

  it("shows the last word of a daemon that is gone", ({ expect }) => {
    expect(statusText(judgeStatus(healthy, "gone", now), now, plain)).toMatchInlineSnapshot(`
      "PatchCTL agent: not running
        last seen 2 min ago (2026-11-22 11:58:00 UTC)
          -> start it: systemctl start patchctl; see why it stopped: journalctl -u patchctl

        version    1.2.3
        process    812, started 2026-11-22 09:55:00 UTC, gone
        server     https://api.example.org, as agt_0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11
        heartbeat  accepted 2 min ago, next in 3 min
        clock      agrees with the server's
        scan       2 h ago, complete: 312 packages, 4 updates (2 security, 1 not installable now)
        command    none
        results    all delivered
        reboot     no"
    `)
  })

  it("uses colours only when asked to", () => {
    const report = judgeStatus(healthy, "alive", now)
    assert.include(statusText(report, now, paint(true)), "\u{1b}[32mhealthy\u{1b}[0m")
    assert.notInclude(statusText(report, now, plain), "\u{1b}")
  })

  it.prop("never lets an escape sequence through", [AgentStatus], ([status]) => {
    assert.notMatch(statusText(judgeStatus(status, "alive", now), now, plain), /(?!\n)\p{Cc}/u)
  })

  it("never says 0 updates of a partial scan", () => {
    assert.notInclude(statusText(judgeStatus(troubled, "alive", now), now, plain), "0 updates")
  })
})

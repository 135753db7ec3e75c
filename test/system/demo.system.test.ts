import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DemoReport } from "../../scripts/demo/demoText.ts"
import { runOnHost as run } from "./runOnHost.ts"

// The README's first command on this machine, as root and as an ordinary user, against what dpkg and apt say.

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(DemoReport))

const counted = (text: string, pattern: RegExp) =>
  text.split("\n").filter((line) => pattern.test(line)).length

describe("npm run demo", () => {
  it.live("shows as many packages and updates as dpkg and apt, and runs all four commands", () =>
    Effect.gen(function* () {
      const report = yield* Effect.flatMap(run(process.execPath, "scripts/demo.ts", "--json"), decodeReport)
      assert.isAtLeast(report.heartbeats, 2)
      const states = yield* run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n")
      assert.strictEqual(report.packages, counted(states, /^[hi]i/))
      const plan = yield* run("apt-get", "-s", "dist-upgrade")
      assert.strictEqual(report.updates - report.held_back, counted(plan, /^Inst \S+ \[/))
      assert.deepStrictEqual(report.commands, {
        health_check: "succeeded",
        check_updates: "succeeded",
        get_package_info: "succeeded",
        install_updates: "succeeded",
      })
    }),
  )

  it.live("works for an ordinary user, who may look at everything and change nothing", () =>
    Effect.gen(function* () {
      const demo = [process.execPath, "scripts/demo.ts", "--json"]
      const asNobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
      const report = yield* Effect.flatMap(run("setpriv", ...asNobody, ...demo), decodeReport)
      assert.strictEqual(report.commands["check_updates"], "refused")
      assert.strictEqual(report.commands["health_check"], "succeeded")
      assert.strictEqual(report.commands["install_updates"], "succeeded")
    }),
  )
})

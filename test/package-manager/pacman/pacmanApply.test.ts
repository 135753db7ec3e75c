import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { makeApply } from "../../../src/package-manager/pacman/pacmanApply.ts"
import { makePlan } from "../../../src/package-manager/pacman/pacmanPlan.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { databaseFiles, recorded, recordedHost } from "./recordedHost.ts"

const all = Schema.decodeSync(InstallUpdates)({ selection: { kind: "all" } })

/** The recorded host before its upgrade, and after it. */
const before = recorded("pacman-7.1", "local.stdout")
const after = before
  .replaceAll(/^((?:innocent|lab-).*)\n\n%VERSION%\n1\.0-1$/gm, "$1\n\n%VERSION%\n1.1-1")
  .replaceAll(/\/((?:innocent|lab-)[a-z0-9-]*)-1\.0-1\/desc/g, "/$1-1.1-1/desc")

/** Plans everything, and applies it where pacman answers like this. */
const applied = Effect.fnUntraced(function* (isRoot: boolean, ...responders: ReadonlyArray<Responder>) {
  const { dependencies } = yield* recordedHost("pacman-7.1")
  const { plan } = yield* makePlan({ ...dependencies, isRoot: true })(all)
  const host = yield* recordedHost("pacman-7.1", ...responders)
  const fs = yield* databaseFiles(before, after)
  const report = yield* makeApply({ ...host.dependencies, fs, isRoot })(plan, {
    repair: false,
    report: () => Effect.void,
  })
  return { report, calls: host.calls }
})

const isUpgrade = ({ args }: { readonly args: ReadonlyArray<string> }) => args.includes("-Su")

describe("makeApply", () => {
  it.effect("needs root", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(applied(false))
      assert.strictEqual(error.reason, "needs_root")
    }),
  )

  it.effect("does nothing where pacman would do something else now", () =>
    Effect.gen(function* () {
      const other = recorded("pacman-7.1", "upgrade.stdout").replace("linux\t6.1.2-1", "linux\t6.1.3-1")
      const records = recorded("pacman-7.1", "sync-records.stdout").replace("6.1.2-1", "6.1.3-1")
      const { report, calls } = yield* applied(true, when("pacman -Sup", other), when("pacman -Si", records))
      assert.deepStrictEqual(
        report.preflight.map(({ code }) => code),
        ["plan_changed"],
      )
      assert.isFalse(report.outcomes.some(({ outcome }) => outcome === "installed"))
      assert.isFalse(calls.some(isUpgrade))
    }),
  )

  it.effect("asks for no removal of what conflicts where the plan has none, and for a trace", () =>
    Effect.gen(function* () {
      const { calls } = yield* applied(true, when("pacman -Su", ""))
      const upgrades = calls.filter(isUpgrade)
      assert.strictEqual(upgrades.length, 1)
      assert.deepStrictEqual(
        [upgrades[0]?.onTimeout, upgrades[0]?.args.includes("--debug"), upgrades[0]?.args.includes("--ask")],
        ["leave", true, false],
      )
    }),
  )

  it.effect("reads what became of it from the database, and whose script failed from the trace", () =>
    Effect.gen(function* () {
      const trace =
        'debug: upgrading package lab-plain-1.1-1\ndebug: executing ". /tmp/alpm_x/.INSTALL; post_upgrade 1.1-1 1.0-1"\ndebug: executing "/bin/sh" under chroot "/"\nerror: command failed to execute correctly\n'
      let isDone = false
      const upgraded: Responder = ([program, ...args]) => {
        if (program === "find") return isDone ? after : before
        if (!args.includes("-Su")) return undefined
        isDone = true
        return { stdout: "upgrading lab-plain...\n", stderr: trace }
      }
      const { report } = yield* applied(true, upgraded)
      const outcome = (name: string) => report.outcomes.find((row) => row.name === name)
      assert.deepStrictEqual<unknown>(
        [outcome("lab-plain")?.outcome, outcome("lab-plain")?.found, outcome("lab-plain")?.message],
        ["half_configured", "1.1-1", "its post_upgrade failed: command failed to execute correctly"],
      )
      assert.strictEqual(outcome("innocent1")?.outcome, "installed")
      assert.strictEqual(
        report.evidence[0]?.output,
        "upgrading lab-plain...\nerror: command failed to execute correctly",
      )
    }),
  )

  it.effect("leaves a pacman at work that does not end in time", () =>
    Effect.gen(function* () {
      const late = new SubprocessError({ program: "pacman", reason: "timed_out" })
      const { report } = yield* applied(true, when("pacman -Su", late))
      assert.include(report.evidence[0]?.output, "was left running")
      assert.isTrue(report.outcomes.every(({ outcome }) => outcome !== "installed"))
    }),
  )
})

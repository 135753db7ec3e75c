import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { InstallPlan } from "../../../src/domain/InstallPlan.ts"
import { planDigest } from "../../../src/domain/snapshot.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { makeApply } from "../../../src/package-manager/dnf/dnfApply.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"
import { outcomes } from "../suite/questions.ts"
import { type Behaviour, FakeRpm } from "./FakeRpm.ts"

const decodePlan = Schema.decodeUnknownSync(InstallPlan)

const planFor = (names: ReadonlyArray<string>) => {
  const installs = names.map((name) => ({
    manager: "dnf",
    name,
    architecture: "noarch",
    from: "1.0-1",
    to: "2.0-1",
    origins: [{ id: "lab" }],
    role: "requested",
  }))
  const plan = {
    installs,
    removals: [],
    leftOut: [],
    unmatchedExcludes: [],
    downloadBytes: 0,
    rebootExpected: "no",
    digest: "0".repeat(64),
  }
  const { installs: rows, removals } = decodePlan(plan)
  return decodePlan({ ...plan, digest: planDigest({ installs: rows, removals }) })
}

const apply = Effect.fnUntraced(function* (
  host: FakeRpm,
  options: { readonly repair?: boolean; readonly names?: ReadonlyArray<string>; readonly files?: Tree } = {},
) {
  const progress: Array<string> = []
  const fs = yield* FileSystem.FileSystem.pipe(Effect.provide(layerFileTree(options.files ?? {})))
  const report = yield* makeApply({
    subprocess: host.service,
    fs,
    isRoot: true,
    dialect: Effect.succeed({ kind: "dnf4", program: "dnf", version: "4.23.0" }),
  })(planFor(options.names ?? [...host.installed.keys()]), {
    repair: options.repair ?? false,
    report: ({ step, package: name = "" }) => Effect.sync(() => void progress.push(`${step} ${name}`)),
  })
  const messages = Object.fromEntries(report.outcomes.map(({ name, message }) => [name, message]))
  return { report, progress, messages, outcomes: outcomes(report) }
})

const sound = (...names: ReadonlyArray<string>): Record<string, Behaviour> =>
  Object.fromEntries(names.map((name) => [name, "sound"]))

describe("makeApply for dnf", () => {
  it.effect("installs all in one transaction and tells its progress", () =>
    Effect.gen(function* () {
      const host = new FakeRpm(sound("one", "two"))
      const done = yield* apply(host)
      assert.deepStrictEqual(done.outcomes, { one: "installed", two: "installed" })
      assert.deepStrictEqual(host.runs, [["one", "two"]])
      assert.deepStrictEqual(done.progress, ["install one", "install two"])
    }),
  )

  it.effect("does not believe an exit code of 0: a script that failed is told", () =>
    Effect.gen(function* () {
      const done = yield* apply(new FakeRpm({ ...sound("one"), bad: "failing post" }))
      assert.deepStrictEqual(done.outcomes, { one: "installed", bad: "half_configured" })
      assert.strictEqual(done.messages["bad"], "its %post script failed: exit status 4")
      assert.strictEqual(done.report.evidence[0]?.exitCode, 0)
    }),
  )

  it.effect("does not believe an exit code of 1: what was upgraded is not tried again", () =>
    Effect.gen(function* () {
      const host = new FakeRpm({ ...sound("one", "two"), bad: "failing pre" })
      const done = yield* apply(host)
      assert.deepStrictEqual(done.outcomes, { one: "installed", two: "installed", bad: "failed" })
      assert.strictEqual(done.messages["bad"], "its %prein script failed: exit status 3")
      assert.lengthOf(host.runs, 1)
    }),
  )

  it.effect("goes on without the packages for which dnf refuses the whole transaction", () =>
    Effect.gen(function* () {
      const host = new FakeRpm({ ...sound("one", "two"), bad: "unsigned", worse: "unsigned" })
      const done = yield* apply(host)
      assert.deepStrictEqual(done.outcomes, {
        one: "installed",
        two: "installed",
        bad: "failed",
        worse: "failed",
      })
      assert.deepStrictEqual(host.runs, [
        ["one", "two", "bad", "worse"],
        ["one", "two"],
      ])
      assert.include(done.messages["worse"], "is not signed")
    }),
  )

  it.effect("halves where dnf names nobody", () =>
    Effect.gen(function* () {
      const host = new FakeRpm({ ...sound("one", "two", "three"), bad: "silent" })
      const done = yield* apply(host)
      assert.deepStrictEqual(done.outcomes, {
        one: "installed",
        two: "installed",
        three: "installed",
        bad: "failed",
      })
      assert.strictEqual(done.messages["bad"], "Error: GPG check FAILED")
    }),
  )

  it.effect("does nothing when dnf would do something else than planned", () =>
    Effect.gen(function* () {
      const host = new FakeRpm(sound("one", "two"))
      host.installed.set("two", ["2.0-1"])
      const { report } = yield* apply(host)
      assert.deepStrictEqual(
        report.preflight.map(({ code }) => code),
        ["plan_changed"],
      )
      assert.deepStrictEqual(host.runs, [])
    }),
  )

  it.effect("leaves a transaction that takes too long alone, and starts no other", () =>
    Effect.gen(function* () {
      const host = new FakeRpm(sound("one", "two"))
      host.interrupt = () => new SubprocessError({ program: "dnf", reason: "timed_out" })
      const done = yield* apply(host)
      assert.deepStrictEqual(done.outcomes, { one: "failed", two: "failed" })
      assert.include(done.messages["one"], "left running")
      assert.lengthOf(host.runs, 1)
    }),
  )

  const atWork: Tree = {
    "/var/lib/dnf/rpmdb_lock.pid": "77\n",
    "/proc/77/stat": "77 (dnf) S 1",
    "/proc/77/comm": "dnf\n",
  }

  it.effect("waits three minutes for who is at work, starting nothing, and then names it", () =>
    Effect.gen(function* () {
      const host = new FakeRpm(sound("one"))
      const fiber = yield* Effect.forkChild(apply(host, { files: atWork }))
      yield* TestClock.adjust("2 minutes")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("2 minutes")
      const done = yield* Fiber.join(fiber)
      assert.deepStrictEqual(done.outcomes, { one: "unchanged" })
      assert.deepStrictEqual(
        done.report.preflight.map(({ code, holder }) => [code, holder?.pid, holder?.program]),
        [["locked", 77, "dnf"]],
      )
      assert.deepStrictEqual(host.runs, [])
    }),
  )

  it.effect("tries again when another program was faster, by dnf's lock or by rpm's own", () =>
    Effect.gen(function* () {
      for (const refusal of [
        { exitCode: 200, stderr: "RPMDB already locked by 77\n" },
        {
          exitCode: 1,
          stderr:
            "RPM: error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)\nError: Could not run transaction.\n",
        },
      ]) {
        const host = new FakeRpm(sound("one"))
        host.interrupt = () => (host.runs.length < 3 ? refusal : undefined)
        const fiber = yield* Effect.forkChild(apply(host))
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual((yield* Fiber.join(fiber)).outcomes, { one: "installed" })
        assert.lengthOf(host.runs, 3)
      }
    }),
  )

  it.effect("waits no less for who keeps dnf from answering, and reports it then", () =>
    Effect.gen(function* () {
      const host = new FakeRpm(sound("one"))
      host.planning = { exitCode: 200, stderr: "Metadata already locked by 77\n" }
      const fiber = yield* Effect.forkChild(apply(host))
      yield* TestClock.adjust("2 minutes")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("2 minutes")
      const { report } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(outcomes(report), { one: "unchanged" })
      assert.deepStrictEqual(
        report.preflight.map(({ code }) => code),
        ["locked"],
      )
      assert.include(report.preflight[0]?.detail, "already locked by 77")
    }),
  )

  it.effect("mends what was left in two versions before it installs, and each alone if not all can be", () =>
    Effect.gen(function* () {
      const host = new FakeRpm(sound("one", "gone", "half"))
      for (const name of ["gone", "half"]) host.installed.set(name, ["1.0-1", "2.0-1"])
      host.interrupt = (names) =>
        names.includes("gone")
          ? { exitCode: 1, stderr: "Error: Some packages from local repository have incorrect checksum\n" }
          : undefined
      const { report } = yield* apply(host, { repair: true, names: ["one"] })
      assert.deepStrictEqual(outcomes(report), { one: "installed" })
      assert.deepStrictEqual(host.runs, [["gone", "half"], ["gone"], ["half"], ["one"]])
      assert.deepStrictEqual(host.installed.get("half"), ["2.0-1"])
      assert.deepStrictEqual(
        report.evidence.map(({ step }) => step),
        [
          "repair: install again what is there in two versions",
          "repair: install gone again",
          "repair: install half again",
          "install one",
        ],
      )
    }),
  )
})

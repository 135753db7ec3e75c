import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { InstallPlan } from "../../../src/domain/InstallPlan.ts"
import { planDigest } from "../../../src/domain/snapshot.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { makeApply } from "../../../src/package-manager/apt/aptApply.ts"
import type { ApplyOptions } from "../../../src/package-manager/PackageManager.ts"
import { layerFileTree } from "../../fakes/fileTree.ts"
import { FakeDpkg, type Behaviour } from "./FakeDpkg.ts"

const decodePlan = Schema.decodeUnknownSync(InstallPlan)

/** The plan that moves these packages from 1.0 to 2.0. */
const planFor = (names: ReadonlyArray<string>): InstallPlan => {
  const plan = decodePlan({
    installs: names.map((name) => ({
      manager: "apt",
      name,
      architecture: "all",
      from: "1.0",
      to: "2.0",
      origins: [],
      role: "requested",
    })),
    removals: [],
    leftOut: [],
    unmatchedExcludes: [],
    downloadBytes: 0,
    rebootExpected: "no",
    digest: "0".repeat(64),
  })
  return { ...plan, digest: planDigest(plan) }
}

const apply = Effect.fnUntraced(function* (
  host: FakeDpkg,
  options: Partial<ApplyOptions> & { readonly isRoot?: boolean; readonly names?: ReadonlyArray<string> } = {},
) {
  const { isRoot = true, names = [...host.installed.keys()], ...rest } = options
  const fs = yield* FileSystem.FileSystem.pipe(Effect.provide(layerFileTree({})))
  const steps: Array<string> = []
  const report = yield* makeApply({ subprocess: host.service, fs, isRoot })(planFor(names), {
    repair: false,
    report: ({ step, package: name }) => Effect.sync(() => void steps.push(`${step} ${name ?? ""}`)),
    ...rest,
  })
  return {
    report,
    steps,
    outcomes: Object.fromEntries(report.outcomes.map((row) => [row.name, row.outcome])),
  }
})

describe("makeApply", () => {
  it.effect("installs all in one transaction and tells its steps", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound", two: "sound" })
      const { report, outcomes, steps } = yield* apply(host)
      assert.deepStrictEqual(outcomes, { one: "installed", two: "installed" })
      assert.deepStrictEqual(host.runs, [["one", "two"]])
      assert.deepStrictEqual(steps, ["configure one", "configure two"])
      assert.deepStrictEqual(report.evidence, [{ step: "install 2 packages", exitCode: 0, output: "" }])
    }),
  )

  it.effect("gives each automatic mark back that apt took away, and no other", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound", two: "sound", three: "failing preinst" })
      for (const name of ["one", "three"]) host.automatic.add(name)
      yield* apply(host)
      assert.deepStrictEqual([...host.automatic].toSorted(), ["one", "three"])
    }),
  )

  it.effect(
    "configures the bystanders of a package that cannot be unpacked, and does not try that one again",
    () =>
      Effect.gen(function* () {
        const host = new FakeDpkg({ one: "sound", bad: "failing preinst", two: "sound" })
        const { report, outcomes } = yield* apply(host)
        assert.deepStrictEqual(outcomes, { one: "installed", bad: "failed", two: "installed" })
        assert.strictEqual(report.outcomes[1]?.message, "exit status 3")
        assert.deepStrictEqual(
          report.evidence.map(({ step }) => step),
          ["install 3 packages", "configure 2 bystanders"],
        )
      }),
  )

  it.effect("reports a failing postinst as half-configured, whatever the exit code", () =>
    Effect.gen(function* () {
      const { outcomes, report } = yield* apply(new FakeDpkg({ one: "sound", bad: "failing postinst" }))
      assert.deepStrictEqual(outcomes, { one: "installed", bad: "half_configured" })
      assert.strictEqual(report.outcomes[1]?.message, "exit status 4")
    }),
  )

  it.effect("finds a culprit that nothing names by halving", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 16 }, (_, index) => `p${index}`)
      const host = new FakeDpkg(
        Object.fromEntries(names.map((name) => [name, name === "p11" ? "silent" : "sound"])),
      )
      const { outcomes, report } = yield* apply(host)
      assert.deepStrictEqual(
        names.filter((name) => outcomes[name] !== "installed"),
        ["p11"],
      )
      assert.isAtMost(host.runs.length, 9)
      assert.include(
        report.outcomes.find(({ name }) => name === "p11")?.message ?? "",
        "returned an error code",
      )
    }),
  )

  it.effect.prop(
    "leaves nobody but the culprits behind, and nobody half-way",
    [
      Schema.Array(
        Schema.Literals(["sound", "sound", "failing preinst", "failing postinst", "silent"]),
      ).check(Schema.isMaxLength(12)),
    ],
    ([behaviours]) =>
      Effect.gen(function* () {
        const named: ReadonlyArray<readonly [string, Behaviour]> = behaviours.map((behaviour, index) => [
          `p${index}`,
          behaviour,
        ])
        const host = new FakeDpkg(Object.fromEntries(named))
        const { outcomes } = yield* apply(host)
        const expected = {
          sound: "installed",
          "failing preinst": "failed",
          "failing postinst": "half_configured",
          silent: "failed",
        }
        for (const [name, behaviour] of named) assert.strictEqual(outcomes[name], expected[behaviour])
      }),
  )

  it.effect("does nothing when apt would now do something else", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound", two: "sound" })
      host.installed.set("two", { version: "2.0", state: "ii" })
      const { report, outcomes } = yield* apply(host)
      assert.deepStrictEqual(
        report.preflight.map(({ code }) => code),
        ["plan_changed"],
      )
      assert.deepStrictEqual([host.runs, outcomes["one"]], [[], "unchanged"])
    }),
  )

  it.effect("starts nothing after the deadline, and no further part", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound" })
      const deadline = DateTime.makeUnsafe(0)
      const { report, outcomes } = yield* apply(host, { deadline })
      assert.deepStrictEqual(
        [report.preflight[0]?.code, host.runs, outcomes["one"]],
        ["deadline_passed", [], "unchanged"],
      )

      const slow = new FakeDpkg({ one: "silent", two: "sound" })
      const { run } = slow.service
      const fs = yield* FileSystem.FileSystem.pipe(Effect.provide(layerFileTree({})))
      const passing = makeApply({
        subprocess: { run: (request) => Effect.tap(run(request), () => TestClock.adjust("400 millis")) },
        fs,
        isRoot: true,
      })
      const late = yield* passing(planFor(["one", "two"]), {
        repair: false,
        report: () => Effect.void,
        deadline: DateTime.makeUnsafe(1000),
      })
      assert.strictEqual(slow.runs.length, 1)
      assert.include(late.outcomes[1]?.message ?? "", "deadline")
    }),
  )

  it.effect("reports a transaction that takes too long as still running, and starts nothing beside it", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound", two: "sound" })
      host.automatic.add("one")
      host.interrupt = () => new SubprocessError({ program: "apt-get", reason: "timed_out" })
      const { report, outcomes } = yield* apply(host)
      assert.deepStrictEqual(outcomes, { one: "failed", two: "failed" })
      assert.include(report.outcomes[0]?.message ?? "", "left running")
      assert.deepStrictEqual([report.evidence.length, report.evidence[0]?.exitCode], [1, -1])
    }),
  )

  it.effect("names the holder when a lock is not released in time", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound" })
      const stderr = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (aptitude)\n"
      host.interrupt = () => ({ exitCode: 100, stderr })
      const { report, outcomes } = yield* apply(host)
      assert.deepStrictEqual(report.preflight[0]?.holder, {
        lock: "/var/lib/dpkg/lock-frontend",
        pid: 7,
        program: "aptitude",
      })
      assert.deepStrictEqual([outcomes, host.runs.length], [{ one: "unchanged" }, 1])
    }),
  )

  it.effect("waits for the lock on the archives, for which apt does not wait", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound" })
      const stderr = "E: Could not get lock /var/cache/apt/archives/lock. It is held by process 7 (apt-get)\n"
      host.interrupt = () => (host.runs.length < 3 ? { exitCode: 100, stderr } : undefined)
      const fiber = yield* Effect.forkChild(apply(host))
      yield* TestClock.adjust("1 minute")
      const { outcomes } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(outcomes, { one: "installed" })
    }),
  )

  it.effect("repairs first when asked to", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound", half: "sound" })
      host.installed.set("half", { version: "2.0", state: "iF" })
      const { report, outcomes } = yield* apply(host, { repair: true, names: ["one"] })
      assert.deepStrictEqual(outcomes, { one: "installed" })
      assert.strictEqual(host.installed.get("half")?.state, "ii")
      assert.strictEqual(report.evidence[0]?.step, "repair: finish half-configured packages")
    }),
  )

  it.effect("installs again, when repairing, what dpkg cannot go on with", () =>
    Effect.gen(function* () {
      const host = new FakeDpkg({ one: "sound", lost: "sound" })
      host.installed.set("lost", { version: "1.0", state: "iHR" })
      const { report } = yield* apply(host, { repair: true, names: [] })
      assert.deepStrictEqual(host.installed.get("lost"), { version: "2.0", state: "ii" })
      assert.deepStrictEqual(
        report.evidence.map(({ step }) => step),
        ["repair: finish half-configured packages", "repair: install 1 packages again"],
      )
      assert.deepStrictEqual(host.runs, [[], ["lost"]])
    }),
  )

  it.effect("needs root", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(apply(new FakeDpkg({ one: "sound" }), { isRoot: false }))
      assert.strictEqual(error.reason, "needs_root")
    }),
  )
})

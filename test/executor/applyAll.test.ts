import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { PackageOutcome, PlannedInstall } from "../../src/domain/InstallPlan.ts"
import { Architecture, type ManagerId, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import { applyAll } from "../../src/executor/applyAll.ts"
import { PlanApplier } from "../../src/executor/PlanApplier.ts"
import { TransactionPace } from "../../src/executor/TransactionPace.ts"
import { type ApplyOptions, ManagerError } from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { planOf } from "../fakes/planOf.ts"

const row = (manager: ManagerId, name: string): PlannedInstall => ({
  manager,
  name: PackageName.make(name),
  architecture: Architecture.make("amd64"),
  to: PackageVersion.make("2.0"),
  origins: [],
  role: "requested",
})

const installs = [row("apt", "a"), row("apt", "b"), row("dnf", "c")]
const plan = planOf(installs)

const step = (name: string) => ({ step: name, exitCode: 0, output: "" })
const missing = [{ name: PackageName.make("b"), complaint: "cannot be downloaded" }]

/** What a manager makes of its packages, one by one; without an answer it fails. */
type Ends = Partial<Record<ManagerId, ReadonlyArray<PackageOutcome["outcome"]>>>

/** Applies the plan with apt, which downloads for 10 s, and with dnf; each installs for 20 s and ends like this. */
const apply = Effect.fnUntraced(function* (ends: Ends, options: Partial<ApplyOptions> = {}, of = plan) {
  const learned: Array<readonly [ManagerId, number, number]> = []
  const asked: Array<readonly [ReadonlyArray<string>, ApplyOptions["missing"]]> = []
  const [found] = yield* Effect.flatMap(PackageManagers, ({ detect }) => detect)
  if (found === undefined) return assert.fail("no manager")
  const fetch = () => Effect.as(TestClock.adjust("10 seconds"), { missing, evidence: [step("download")] })
  const detected = [
    { ...found, manager: { ...found.manager, fetch } },
    { ...found, state: { ...found.state, id: "dnf" as const } },
  ]
  const install: PlanApplier["Service"]["apply"] = Effect.fnUntraced(function* (
    { state: { id } },
    part,
    { missing: without },
  ) {
    asked.push([part.installs.map(({ name }) => String(name)), without])
    yield* TestClock.adjust("20 seconds")
    const outcomes = ends[id]
    if (outcomes === undefined) {
      return yield* new ManagerError({ manager: id, operation: "apply", reason: "failed", detail: "x" })
    }
    return {
      dryRun: false,
      plan: part,
      preflight: [],
      outcomes: part.installs.flatMap(({ manager, name, architecture, to }, at) => {
        const outcome = outcomes[at]
        return outcome === undefined ? [] : [{ manager, name, architecture, wanted: to, outcome }]
      }),
      newConfigurationFiles: [],
      evidence: [step("install")],
    }
  })
  const result = yield* applyAll(detected, of, { repair: false, report: () => Effect.void, ...options }).pipe(
    Effect.provideService(PlanApplier, { apply: install }),
    Effect.provideService(TransactionPace, {
      secondsPerPackage: () => Effect.succeed(1),
      learn: (...transaction) => Effect.sync(() => void learned.push(transaction)),
    }),
    Effect.result,
  )
  return { learned, asked, result }
})

describe("applyAll", () => {
  it.effect("hands each manager its own part, and what could not be downloaded of it", () =>
    Effect.gen(function* () {
      const { asked, result } = yield* apply({ apt: ["installed", "failed"], dnf: ["installed"] })
      assert.deepStrictEqual(asked, [
        [["a", "b"], missing],
        [["c"], undefined],
      ])
      const reports = result._tag === "Success" ? result.success.reports : []
      assert.deepStrictEqual(
        reports.map(({ evidence }) => evidence.map((one) => one.step)),
        [["download", "install"], ["install"]],
      )
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("learns how long a whole success took, with its download, and nothing from another end", () =>
    Effect.gen(function* () {
      const all = yield* apply({ apt: ["installed", "removed"], dnf: ["installed"] })
      assert.deepStrictEqual(all.learned, [
        ["apt", 2, 30],
        ["dnf", 1, 20],
      ])
      for (const bad of ["failed", "unchanged", "half_configured"] as const) {
        assert.deepStrictEqual((yield* apply({ apt: ["installed", bad] })).learned, [], bad)
      }
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("fails only when no manager did anything", () =>
    Effect.gen(function* () {
      const some = yield* apply({ dnf: ["installed"] })
      const { reports, failures } =
        some.result._tag === "Success" ? some.result.success : assert.fail("failed")
      assert.deepStrictEqual([reports.length, failures.map(({ manager }) => manager)], [1, ["apt"]])
      assert.strictEqual((yield* apply({})).result._tag, "Failure")
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("asks managers without a part of the plan only for a repair", () =>
    Effect.gen(function* () {
      const nothing = { ...plan, installs: [] }
      assert.deepStrictEqual((yield* apply({ apt: [], dnf: [] }, {}, nothing)).asked, [])
      assert.lengthOf((yield* apply({ apt: [], dnf: [] }, { repair: true }, nothing)).asked, 2)
    }).pipe(Effect.provide(FakeManagers.layer)),
  )
})

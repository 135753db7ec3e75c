import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InstallUpdates } from "../../src/domain/Command.ts"
import type { PlannedInstall } from "../../src/domain/InstallPlan.ts"
import { Architecture, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import { planDigest } from "../../src/domain/snapshot.ts"
import { planInTime } from "../../src/executor/planInTime.ts"
import { TransactionPace } from "../../src/executor/TransactionPace.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { planOf } from "../fakes/planOf.ts"

const row = (name: string, role: PlannedInstall["role"] = "requested"): PlannedInstall => ({
  manager: "apt",
  name: PackageName.make(name),
  architecture: Architecture.make("amd64"),
  from: PackageVersion.make("1.0"),
  to: PackageVersion.make("2.0"),
  origins: [],
  role,
})

const names = Array.from({ length: 10 }, (_, index) => `p${index}`)
const dependenciesOf: Readonly<Record<string, ReadonlyArray<string>>> = { p7: ["lib7a", "lib7b"] }

/** What a manager plans for these: each with its dependencies. */
const planFor = (wanted: ReadonlyArray<string>) =>
  planOf(
    wanted.flatMap((name) => [
      row(name),
      ...(dependenciesOf[name] ?? []).map((lib) => row(lib, "dependency")),
    ]),
  )

const all: InstallUpdates = { selection: { kind: "all" } }

/** Plans ten updates at 10 s a package, of which p7 and p8 are security updates, with so many seconds to go. */
const plan = Effect.fnUntraced(function* (seconds: number, request: InstallUpdates = all) {
  const managers = yield* PackageManagers
  const detected = (yield* managers.detect).map((found) => ({
    ...found,
    manager: {
      ...found.manager,
      updates: Effect.succeed({
        indexes: [],
        reasons: [],
        updates: names.map((name) => ({
          ...FakeManagers.update(name, "1.0", "2.0"),
          security: {
            verdict: name === "p7" || name === "p8" ? ("yes" as const) : ("no" as const),
            evidence: [],
          },
        })),
      }),
    },
  }))
  const asked: Array<ReadonlyArray<string>> = []
  const held = { manager: "apt" as const, name: PackageName.make("held"), reason: "held" as const }
  const whole = { ...planFor(names), leftOut: [held], unmatchedExcludes: ["x*"] }
  const deadline = DateTime.makeUnsafe(seconds * 1000)
  const planned = yield* planInTime(
    detected,
    { ...request, deadline },
    { plan: whole, preflight: [] },
    ({ selection }) =>
      Effect.sync(() => {
        const wanted = selection.kind === "packages" ? selection.packages.map(({ name }) => String(name)) : []
        asked.push(wanted)
        return { plan: planFor(wanted), preflight: [] }
      }),
  )
  return {
    asked,
    planned,
    installs: planned.plan.installs.map(({ name }) => String(name)),
    left: planned.plan.leftOut.map(({ name, reason }) => `${name} ${reason}`),
    faults: planned.preflight.map(({ code }) => code),
  }
})

const world = Layer.mergeAll(
  FakeManagers.layer,
  Layer.succeed(TransactionPace, {
    secondsPerPackage: () => Effect.succeed(10),
    learn: () => Effect.void,
  }),
)

describe("planInTime", () => {
  it.effect("lets a plan be that fits, and asks for no other", () =>
    Effect.gen(function* () {
      const { asked, installs, left, faults } = yield* plan(151)
      assert.deepStrictEqual([asked, installs.length, left, faults], [[], 12, ["held held"], []])
    }).pipe(Effect.provide(world)),
  )

  it.effect("takes as much as fits, security updates first with what they need, and names the rest", () =>
    Effect.gen(function* () {
      const { planned, installs, left, faults } = yield* plan(85)
      assert.deepStrictEqual(installs, ["p7", "lib7a", "lib7b", "p8", "p0"])
      assert.deepStrictEqual(left, [
        "held held",
        ...["p1", "p2", "p3", "p4", "p5", "p6", "p9"].map((name) => `${name} out_of_time`),
      ])
      assert.deepStrictEqual([faults, planned.plan.unmatchedExcludes], [[], ["x*"]])
      assert.match(planned.plan.leftOut.at(-1)?.detail ?? "", /about 150 s on this host, .* in 85 s/)
      assert.strictEqual(planned.plan.digest, planDigest(planned.plan))
    }).pipe(Effect.provide(world)),
  )

  it.effect("is a fault when nothing fits, or when exactly the larger plan was approved", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* plan(35)).faults, ["out_of_time"])
      const approved = yield* plan(85, { ...all, plan_digest: "0".repeat(64) })
      assert.deepStrictEqual([approved.asked, approved.faults], [[], ["out_of_time"]])
    }).pipe(Effect.provide(world)),
  )

  it.effect("goes on to the next when the most urgent one takes too long with what it needs", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* plan(45)).installs, ["p8"])
    }).pipe(Effect.provide(world)),
  )
})

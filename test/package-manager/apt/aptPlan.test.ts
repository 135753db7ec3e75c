import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { all, codes, host, installs, leftOut, packages, plan } from "./plannedLab.ts"
import { recordedFiles } from "./recordedHost.ts"

describe("makePlan", () => {
  it.effect("lists each change with its origins and role, the sizes, and a digest that stays", () =>
    Effect.gen(function* () {
      const found = yield* plan(packages("lab-plain", "lab-both"))
      assert.deepStrictEqual(installs(found), ["lab-both requested", "lab-plain requested"])
      assert.deepStrictEqual(
        found.plan.installs[0]?.origins.map(({ id, label }) => [id, label]),
        [
          ["copy:/srv/lab lab-updates/main", "LabOS"],
          ["copy:/srv/lab lab-security/main", "LabOS-Security"],
        ],
      )
      assert.strictEqual(found.plan.downloadBytes, 1234)
      assert.strictEqual(found.plan.installedSizeChangeBytes, (110 + 5 - 10 - 20) * 1024)
      assert.deepStrictEqual([found.preflight, found.trials], [[], 1])
      const again = yield* plan(packages("lab-both", "lab-plain"))
      assert.strictEqual(again.plan.digest, found.plan.digest)
    }),
  )

  it.effect("takes everything that needs no removal, new dependencies included", () =>
    Effect.gen(function* () {
      const found = yield* plan({ ...all, exclude: ["innocent*", "typo-*"] })
      assert.include(installs(found), "lab-newdep-lib dependency")
      assert.include(installs(found), "lab-newdep requested")
      assert.deepStrictEqual(found.plan.removals, [])
      const reasons = leftOut(found)
      assert.deepStrictEqual(
        ["lab-held", "lab-pinned", "lab-phased", "lab-conflict", "lab-unsat", "innocent1"].map(
          (name) => reasons[name],
        ),
        ["held", "pinned", "phased", "needs_removal", "conflict", "excluded_by_policy"],
      )
      assert.deepStrictEqual(found.plan.unmatchedExcludes, ["typo-*"])
      assert.strictEqual(found.trials, 1)
    }),
  )

  it.effect("leaves out by trial what apt refuses, and says in apt's words why", () =>
    Effect.gen(function* () {
      const found = yield* plan(packages("innocent1", "lab-unsat", "lab-conflict", "innocent2"))
      assert.deepStrictEqual(installs(found), ["innocent1 requested", "innocent2 requested"])
      assert.deepStrictEqual(
        found.plan.leftOut.map(({ name, reason, detail }) => [name, reason, detail]),
        [
          ["lab-conflict", "needs_removal", "it would remove lab-victim"],
          ["lab-unsat", "conflict", "lab-unsat : Depends: lab-nowhere but it is not installable"],
        ],
      )
    }),
  )

  it.effect("leaves out what apt keeps back without a word", () =>
    Effect.gen(function* () {
      const keepsBack: Responder = (argv) =>
        argv.includes("-s") && argv.includes("innocent1:all=1.1-1") ? "Reading package lists...\n" : undefined
      const found = yield* plan(packages("innocent1", "innocent2"), { responders: [keepsBack] })
      assert.deepStrictEqual(
        [installs(found), leftOut(found)],
        [["innocent2 requested"], { innocent1: "conflict" }],
      )
    }),
  )

  it.effect("plans removals where they are allowed, but not of what is excluded", () =>
    Effect.gen(function* () {
      const request = { ...packages("lab-conflict"), allow_removals: true }
      const found = yield* plan(request)
      assert.deepStrictEqual(
        found.plan.removals.map(({ name, architecture, from }) => `${name}:${architecture} ${from}`),
        ["lab-victim:all 1.0-1"],
      )
      const kept = yield* plan({ ...request, exclude: ["lab-vic*"] })
      assert.deepStrictEqual(
        [kept.plan.installs, leftOut(kept)],
        [[], { "lab-conflict": "excluded_by_policy" }],
      )
    }),
  )

  it.effect("leaves out what would bring in something excluded", () =>
    Effect.gen(function* () {
      const found = yield* plan({ ...packages("lab-newdep", "lab-plain"), exclude: ["*-lib"] })
      assert.deepStrictEqual(
        [installs(found), leftOut(found)],
        [["lab-plain requested"], { "lab-newdep": "excluded_by_policy" }],
      )
    }),
  )

  it.effect("takes an unknown age for too young, in one question for all", () =>
    Effect.gen(function* () {
      const young = yield* plan({ ...packages("lab-plain", "innocent1"), min_age_hours: 8760 })
      assert.deepStrictEqual(leftOut(young), { "lab-plain": "too_young", innocent1: "too_young" })
      assert.strictEqual(young.trials, 0)
      assert.match(
        young.plan.leftOut[0]?.detail ?? "",
        /the index of copy:\/srv\/lab lab-updates\/main is of \d{4}-/,
      )
      const dated = Object.fromEntries(
        Object.entries(recordedFiles(host)).flatMap(([path, text]) =>
          typeof text === "string"
            ? [[path, text.replace(/^Date:.*$/m, "Date: Mon, 01 Jan 2024 00:00:00 UTC")]]
            : [],
        ),
      )
      const old = yield* plan({ ...packages("lab-plain"), min_age_hours: 8760 }, { files: dated })
      assert.deepStrictEqual(installs(old), ["lab-plain requested"])
    }),
  )

  it.effect("expects a restart after a new kernel", () =>
    Effect.gen(function* () {
      const found = yield* plan({
        selection: { kind: "packages", packages: [{ name: "linux-image-lab", version: "6.1.2-1" }] },
      })
      assert.strictEqual(found.plan.rebootExpected, "yes")
      assert.strictEqual((yield* plan(packages("lab-plain"))).plan.rebootExpected, "no")
    }),
  )

  it.effect("plans nothing while dependencies are broken, and says so unless they are to be repaired", () =>
    Effect.gen(function* () {
      const stderr =
        "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution).\n"
      const broken = { responders: [when("apt-get -s check", { exitCode: 100, stderr })] }
      const found = yield* plan(packages("lab-plain"), broken)
      assert.deepStrictEqual([found.trials, leftOut(found)], [0, { "lab-plain": "blocked_by_manager" }])
      assert.deepStrictEqual(codes(found), ["broken_dependencies"])
      assert.deepStrictEqual(codes(yield* plan({ ...packages("lab-plain"), repair: true }, broken)), [])
    }),
  )

  it.effect("fails instead of planning on lines it does not understand", () =>
    Effect.gen(function* () {
      const odd = when("apt-get -s install", "Inst lab-plain is a mystery\n")
      const error = yield* Effect.flip(plan(packages("lab-plain"), { responders: [odd] }))
      assert.strictEqual(error.reason, "output_not_understood")
    }),
  )

  it.effect("fails when apt cannot plan anything, in apt's words", () =>
    Effect.gen(function* () {
      const stderr = "E: The package cache file is corrupted\n"
      const odd = when("apt-get -s install", { exitCode: 100, stderr })
      const error = yield* Effect.flip(plan(packages("lab-plain"), { responders: [odd] }))
      assert.deepStrictEqual([error.reason, error.detail], ["failed", "The package cache file is corrupted"])
    }),
  )
})

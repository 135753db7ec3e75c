import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import { makePlan } from "../../../src/package-manager/apk/apkPlan.ts"
import { collectUpdates } from "../../../src/package-manager/apk/collectUpdates.ts"
import { insteadOf, recordedHost } from "./recordedHost.ts"
import { generations, recorded, recordedFile } from "./recordings.ts"

const decodeRequest = Schema.decodeUnknownSync(InstallUpdates)

const plan = Effect.fnUntraced(function* (
  generation: 2 | 3,
  request: object,
  change: Parameters<typeof recordedHost>[1] = {},
) {
  const host = yield* recordedHost(generation, change)
  const planned = yield* makePlan({
    ...host.dependencies,
    isRoot: true,
    updates: collectUpdates(host.dependencies),
  })(decodeRequest(request))
  return { ...planned, calls: host.calls }
})

const named = (name: string, version: string) => ({
  selection: { kind: "packages", packages: [{ name, version }] },
})

const reasons = ({
  plan: { leftOut },
}: {
  readonly plan: { readonly leftOut: ReadonlyArray<{ name: string; reason: string }> }
}) => Object.fromEntries(leftOut.map(({ name, reason }) => [name, reason]))

describe("a plan", () => {
  it.effect.each(generations)("of apk %i knows origins, roles, sizes and removals", (generation) =>
    Effect.gen(function* () {
      const found = yield* plan(generation, { selection: { kind: "all" }, allow_removals: true })
      const rows = found.plan.installs.map(({ name, role }) => `${name} ${role}`)
      assert.includeMembers(rows, ["lab-plain requested", "lab-newdep-lib dependency", "lab-drops requested"])
      assert.deepStrictEqual(
        found.plan.removals.map(({ name, from }) => `${name} ${from}`),
        ["lab-olddep 1.0-r0"],
      )
      const one = yield* plan(generation, named("lab-plain", "1.1-r0"))
      assert.deepStrictEqual(one.plan.installs[0]?.origins, [{ id: "http://repo.example.org/main" }])
      assert.strictEqual(one.plan.installs[0]?.architecture, "x86_64")
      assert.deepStrictEqual([one.plan.downloadBytes, one.plan.installedSizeChangeBytes], [976, 0])
      assert.deepStrictEqual([one.plan.rebootExpected, one.preflight], ["no", []])
      assert.isFalse(one.calls.some(({ args }) => args.includes("add")))
    }),
  )

  it.effect("takes apk's choice of a version or none", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(reasons(yield* plan(3, named("lab-less", "2.0-r0"))), { "lab-less": "pinned" })
      assert.deepStrictEqual(reasons(yield* plan(3, named("lab-pinned", "1.1-r0"))), { "lab-pinned": "held" })
      assert.deepStrictEqual(reasons(yield* plan(3, named("lab-edgeonly", "2.0-r0"))), {
        "lab-edgeonly": "pinned",
      })
      assert.deepStrictEqual(reasons(yield* plan(3, named("lab-plain", "1.2-r0"))), {
        "lab-plain": "unknown_version",
      })
      assert.deepStrictEqual(reasons(yield* plan(3, named("lab-nothere", "1.0-r0"))), {
        "lab-nothere": "unknown_package",
      })
    }),
  )

  it.effect("leaves out what an exclusion matches, dependencies too", () =>
    Effect.gen(function* () {
      const found = yield* plan(2, { ...named("lab-newdep", "1.1-r0"), exclude: ["lab-*-lib"] })
      assert.deepStrictEqual(reasons(found), { "lab-newdep": "excluded_by_policy" })
    }),
  )

  it.effect.each(generations)("of apk %i proves an age by the date of the index", (generation) =>
    Effect.gen(function* () {
      // The index was made 45 minutes before.
      const young = yield* plan(generation, { ...named("lab-plain", "1.1-r0"), min_age_hours: 1 })
      assert.deepStrictEqual(reasons(young), { "lab-plain": "too_young" })
      const old = yield* plan(generation, { ...named("lab-plain", "1.1-r0"), min_age_hours: 0 })
      assert.deepStrictEqual(reasons(old), {})
    }),
  )

  it.effect("does nothing that goes back to an older version for the sake of the world", () =>
    Effect.gen(function* () {
      const found = yield* plan(3, named("lab-plain", "1.1-r0"), {
        responders: [insteadOf("--simulate lab-plain", recorded(3, "simulate-waiting-world"))],
      })
      assert.deepStrictEqual(reasons(found), { "lab-plain": "conflict" })
      assert.include(found.plan.leftOut[0]?.detail, "lab-newer")
    }),
  )

  it.effect("is empty with a fault when apk refuses everything", () =>
    Effect.gen(function* () {
      const found = yield* plan(3, named("lab-plain", "1.1-r0"), {
        responders: [insteadOf("upgrade --simulate", recorded(3, "simulate-unsatisfiable-world"))],
      })
      assert.deepStrictEqual(reasons(found), { "lab-plain": "blocked_by_manager" })
      assert.deepStrictEqual(
        found.preflight.map(({ code }) => code),
        ["broken_dependencies"],
      )
    }),
  )

  it.effect("names broken packages and a cut off transaction, unless it shall repair them", () =>
    Effect.gen(function* () {
      const change: Parameters<typeof recordedHost>[1] = {
        files: (files) => {
          files.write(apkPaths.installed, recordedFile(3, "installed-broken"), 0)
          files.write(apkPaths.log, recordedFile(3, "interrupted.apk-log"), 0)
        },
      }
      const faults = yield* plan(3, named("lab-plain", "1.1-r0"), change)
      assert.deepStrictEqual(
        faults.preflight.map(({ code, remedy }) => [code, remedy.replace(/.*run /, "")]),
        [
          [
            "half_configured",
            "apk fix lab-post-upgrade lab-pre-upgrade lab-trigger and mend what it reports",
          ],
          ["interrupted_transaction", "apk fix lab-hangpost"],
        ],
      )
      assert.deepStrictEqual(
        (yield* plan(3, { ...named("lab-plain", "1.1-r0"), repair: true }, change)).preflight,
        [],
      )
    }),
  )
})

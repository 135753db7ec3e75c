import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Box from "./lab/Box.ts"
import { configure, pacmanRoots, sh } from "./lab/pacmanState.ts"
import { boxManager } from "./managers/boxManager.ts"
import { all, codes, hostWith, installs, leftOut, named, request } from "./pacmanAnswers.ts"

// The pacman backend plans the upgrade of everything, or nothing.

const whole = Effect.fnUntraced(function* (root: string) {
  const box = yield* Box.make(root)
  return { box, ...(yield* boxManager(box, "pacman")) }
})

describe.each(pacmanRoots)("%s: planning", (root) => {
  it.live("everything that is pending, with what it brings, replaces and costs", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* whole(root)
      yield* configure(box, "IgnorePkg = lab-held")
      const { plan, preflight } = yield* manager.plan(all)
      assert.deepStrictEqual(preflight, [])
      const printed = yield* sh(box, "pacman -Sup --print-format '%n %v'")
      assert.deepStrictEqual(
        plan.installs.map(({ name, to }) => `${name} ${to}`).toSorted(),
        printed.trim().split("\n").toSorted(),
      )
      assert.deepStrictEqual<unknown>(plan.removals, [
        { manager: "pacman", name: "lab-old", architecture: "any", from: "1.0-1" },
      ])
      assert.deepStrictEqual(leftOut(plan), { "lab-held": "held" })
      const row = (wanted: string) => plan.installs.find(({ name }) => name === wanted)
      assert.deepStrictEqual<unknown>(row("lab-new"), {
        manager: "pacman",
        name: "lab-new",
        architecture: "any",
        to: "1.1-1",
        origins: [{ id: "lab" }],
        role: "requested",
      })
      assert.strictEqual(row("lab-newdep-lib")?.role, "dependency")
      assert.strictEqual(row("lab-newdep")?.role, "requested")
      assert.isAbove(plan.downloadBytes, 0)
      assert.strictEqual(plan.installedSizeChangeBytes, 4096)
      assert.strictEqual(plan.rebootExpected, "yes")
    }).pipe(Effect.scoped),
  )

  it.live("never a part of it: not by name, not by exclusion, not by age", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["lab-plain", "lab-newdep", "innocent1"])
      const part = (yield* manager.plan(named("lab-plain"))).plan
      assert.deepStrictEqual(installs(part), {})
      assert.deepStrictEqual(leftOut(part), { "lab-plain": "blocked_by_manager" })
      assert.include(part.leftOut[0]?.detail ?? "", "innocent1, lab-newdep would be left behind")

      const without = yield* manager.plan(request({ ...all, exclude: ["innocent*", "nonsuch*"] }))
      assert.deepStrictEqual(installs(without.plan), {})
      assert.deepStrictEqual(leftOut(without.plan), {
        innocent1: "excluded_by_policy",
        "lab-newdep": "blocked_by_manager",
        "lab-plain": "blocked_by_manager",
      })
      assert.deepStrictEqual(without.plan.unmatchedExcludes, ["nonsuch*"])

      // Also what comes along is excluded.
      const library = (yield* manager.plan(request({ ...all, exclude: ["lab-newdep-lib"] }))).plan
      assert.deepStrictEqual(installs(library), {})
      assert.include(library.leftOut[0]?.detail ?? "", "changes the excluded lab-newdep-lib")

      const everything = yield* manager.plan(named("lab-newdep", "innocent1", "lab-plain"))
      assert.deepStrictEqual(installs(everything.plan), {
        innocent1: "1.1-1",
        "lab-newdep": "1.1-1",
        "lab-newdep-lib": "1.0-1",
        "lab-plain": "1.1-1",
      })
      assert.strictEqual(everything.plan.digest, (yield* manager.plan(all)).plan.digest)

      const old = yield* manager.plan(request({ ...all, min_age_hours: 48 }))
      assert.strictEqual(old.plan.digest, everything.plan.digest)
      yield* sh(box, "touch /var/lib/pacman/sync/lab.db")
      const young = yield* manager.plan(request({ ...all, min_age_hours: 48 }))
      assert.deepStrictEqual(
        [installs(young.plan), [...new Set(Object.values(leftOut(young.plan)))]],
        [{}, ["too_young"]],
      )
    }).pipe(Effect.scoped),
  )

  it.live("what is ignored may stay behind, what is not installed stays out, and nothing is downgraded", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["lab-plain", "lab-held", "lab-newer"])
      yield* configure(box, "IgnorePkg = lab-held")
      const { plan } = yield* manager.plan(
        request({
          selection: {
            kind: "packages",
            packages: [
              { name: "lab-plain", version: "1.1-1" },
              { name: "lab-held", version: "1.1-1" },
              { name: "lab-newer", version: "1.0-1" },
              { name: "lab-new", version: "1.1-1" },
              { name: "no-such-package", version: "1.1-1" },
            ],
          },
        }),
      )
      assert.deepStrictEqual(installs(plan), { "lab-plain": "1.1-1" })
      assert.deepStrictEqual(leftOut(plan), {
        "lab-held": "held",
        "lab-new": "not_installed",
        "lab-newer": "already_current",
        "no-such-package": "unknown_package",
      })
      const other = yield* manager.plan(
        request({ selection: { kind: "packages", packages: [{ name: "lab-plain", version: "1.2-1" }] } }),
      )
      assert.deepStrictEqual(leftOut(other.plan), { "lab-plain": "unknown_version" })
      assert.include(other.plan.leftOut[0]?.detail ?? "", "1.1-1")
    }).pipe(Effect.scoped),
  )

  it.live("an upgrade that pacman refuses is left out with its reasons", () =>
    Effect.gen(function* () {
      const { manager } = yield* hostWith(root, ["lab-unsat", "lab-plain"])
      const expected = { "lab-unsat": "conflict", "lab-plain": "blocked_by_manager" }
      for (const command of [all, named("lab-plain", "lab-unsat")]) {
        const { plan } = yield* manager.plan(command)
        assert.deepStrictEqual([installs(plan), leftOut(plan)], [{}, expected])
      }
    }).pipe(Effect.scoped),
  )

  it.live("what stands against carrying it out", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["lab-huge", "innocent1"])
      const ordinary = yield* boxManager(box, "pacman", { user: "nobody" })
      const late = request({ ...all, deadline: "2020-01-01T00:00:00Z", plan_digest: "0".repeat(64) })
      assert.deepStrictEqual(codes((yield* ordinary.manager.plan(late)).preflight), [
        "disk_space",
        "not_root",
        "deadline_passed",
        "plan_changed",
      ])
      yield* sh(box, "touch /var/lib/pacman/db.lck; : >/var/lib/pacman/local/innocent1-1.0-1/desc")
      const { preflight } = yield* manager.plan(all)
      assert.deepStrictEqual(codes(preflight).slice(0, 2), ["half_configured", "interrupted_transaction"])
      assert.include(preflight[1]?.remedy ?? "", "/var/log/pacman.log")
      assert.isTrue(yield* box.exists("/var/lib/pacman/db.lck"))
    }).pipe(Effect.scoped),
  )
})

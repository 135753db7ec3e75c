import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { applied, ask, installs, leftOut, outcomes, packages, planned } from "./askApt.ts"
import * as Box from "./lab/Box.ts"
import { labRoots } from "./lab/labState.ts"

// What the apt backend plans, refuses and checks before it installs, against real apt.

describe.each(labRoots)("%s: planning", (root) => {
  it.live("says what it does not know or will not change", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["apt-mark", "hold", "lab-held"])
      const { plan } = yield* planned(box, {
        selection: {
          kind: "packages",
          packages: [
            { name: "lab-plain", version: "7" },
            { name: "lab-held", version: "1.1-1" },
            { name: "lab-nonesuch", version: "1.1-1" },
            { name: "lab-newdep-lib", version: "1.0-1" },
            { name: "lab-victim", version: "1.0-1" },
            { name: "lab-unsat", version: "1.1-1" },
            { name: "lab-conflict", version: "1.1-1" },
            { name: "lab-hidden", version: "1.0-1+sec1" },
            { name: "lab-phased", version: "1.1-1" },
          ],
        },
      })
      assert.deepStrictEqual(leftOut(plan), {
        "lab-plain": "unknown_version",
        "lab-held": "held",
        "lab-nonesuch": "unknown_package",
        "lab-newdep-lib": "not_installed",
        "lab-victim": "already_current",
        "lab-unsat": "conflict",
        "lab-conflict": "needs_removal",
      })
      // an exact version is a decision: neither a newer one nor a phased roll-out stands in its way
      assert.deepStrictEqual(installs(plan), { "lab-hidden": "1.0-1+sec1", "lab-phased": "1.1-1" })
    }),
  )

  it.live("removes only what was allowed, and only by the plan", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const kept = yield* planned(box, {
        ...packages("lab-conflict"),
        allow_removals: true,
        exclude: ["lab-victim"],
      })
      assert.deepStrictEqual(leftOut(kept.plan), { "lab-conflict": "excluded_by_policy" })
      const { report } = yield* applied(box, { ...packages("lab-conflict"), allow_removals: true })
      assert.deepStrictEqual(
        report.plan.removals.map(({ name }) => name),
        ["lab-victim"],
      )
      assert.deepStrictEqual(outcomes(report), { "lab-conflict": "installed", "lab-victim": "removed" })
    }),
  )

  it.live("preflight: disk space, deadline, plan digest, root", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const codes = (found: { readonly preflight: ReadonlyArray<{ readonly code: string }> }) =>
        found.preflight.map(({ code }) => code)
      const first = yield* planned(box, packages("lab-plain"))
      const again = yield* planned(box, { ...packages("lab-plain"), plan_digest: first.plan.digest })
      assert.deepStrictEqual(codes(again), [])
      assert.strictEqual(again.plan.digest, first.plan.digest)
      const other = yield* planned(box, { ...packages("lab-both"), plan_digest: first.plan.digest })
      assert.deepStrictEqual(codes(other), ["plan_changed"])
      const late = { ...packages("lab-plain"), deadline: "2020-01-01T00:00:00.000Z" }
      assert.deepStrictEqual(codes(yield* planned(box, late)), ["deadline_passed"])
      const missed = yield* applied(box, late)
      assert.deepStrictEqual(outcomes(missed.report), { "lab-plain": "unchanged" })
      assert.deepStrictEqual(missed.report.evidence, [])
      const huge = yield* planned(box, packages("lab-huge-installed"))
      assert.deepStrictEqual(codes(huge), ["disk_space"])
      assert.isAbove(huge.plan.installedSizeChangeBytes ?? 0, 900_000_000_000_000)
      const download = yield* planned(box, packages("lab-huge-download"))
      assert.deepStrictEqual(codes(download), ["disk_space"])
      assert.deepStrictEqual(codes(yield* planned(box, packages("lab-plain"), "nobody")), ["not_root"])
      const refused = yield* ask(box, { ask: "apply", request: packages("lab-plain") }, "nobody")
      assert.deepInclude(refused, { kind: "error", reason: "needs_root" })
    }),
  )

  it.live("min_age_hours lets through what a repository has listed for long enough", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const young = yield* planned(box, { ...packages("lab-plain"), min_age_hours: 8000 })
      assert.deepStrictEqual(leftOut(young.plan), { "lab-plain": "too_young" })
      yield* box.run([
        "bash",
        "-c",
        "sed -i 's/^Date:.*/Date: Mon, 01 Jan 2024 00:00:00 UTC/' /var/lib/apt/lists/*InRelease",
      ])
      const old = yield* planned(box, { ...packages("lab-plain"), min_age_hours: 8000 })
      assert.deepStrictEqual(installs(old.plan), { "lab-plain": "1.1-1" })
    }),
  )
})

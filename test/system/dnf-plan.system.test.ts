import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { installs, leftOut, outcomes } from "../package-manager/suite/questions.ts"
import { decodeRequest, machine, named, packages, roots } from "./dnfMachine.ts"
import * as Box from "./lab/Box.ts"
import { boxManager } from "./managers/boxManager.ts"
import { rpmVersion } from "./lab/rpmState.ts"

// What the dnf backend plans and refuses before it installs, and how it refreshes, against real dnf.

describe.each(roots)("%s: planning", (root) => {
  it.live("says what it does not know or will not change, and changes nothing", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* machine(root)
      const { plan, preflight } = yield* manager.plan(
        packages({
          "lab-plain": "7-1",
          "lab-nonesuch": "1.1-1",
          "lab-newdep-lib": "1.0-1",
          "lab-victim": "1.0-1",
          "lab-unsat": "1.1-1",
          "lab-conflict": "1.1-1",
          "lab-secfix": "1.1-1",
        }),
      )
      assert.deepStrictEqual(leftOut(plan), {
        "lab-plain": "unknown_version",
        "lab-nonesuch": "unknown_package",
        "lab-newdep-lib": "not_installed",
        "lab-victim": "already_current",
        "lab-unsat": "conflict",
        "lab-conflict": "needs_removal",
      })
      assert.deepStrictEqual([installs(plan), preflight], [{ "lab-secfix": "1.1-1" }, []])
      const details = Object.fromEntries(
        plan.leftOut.map(({ name, detail = "" }): [string, string] => [name, detail]),
      )
      assert.include(details["lab-conflict"], "it would remove lab-victim")
      assert.include(details["lab-unsat"], "nothing provides lab-nowhere")
      assert.deepStrictEqual(plan.installs[0]?.origins, [{ id: "lab" }])

      const kept = yield* manager.plan(
        packages({ "lab-conflict": "1.1-1" }, { allow_removals: true, exclude: ["lab-victim"] }),
      )
      assert.deepStrictEqual(leftOut(kept.plan), { "lab-conflict": "excluded_by_policy" })
      const again = yield* manager.plan(
        packages({ "lab-secfix": "1.1-1" }, { plan_digest: plan.digest, min_age_hours: 8000 }),
      )
      assert.deepStrictEqual([again.plan.digest, again.preflight], [plan.digest, []])
      assert.strictEqual(yield* rpmVersion(box, "lab-secfix"), "1.0-1")

      const { manager: nobody } = yield* boxManager(box, "dnf", { user: "nobody" })
      const refusal = yield* Effect.flip(nobody.plan(named("lab-plain")))
      assert.strictEqual(refusal.reason, "needs_root")
      const refused = yield* Effect.flip(nobody.apply(plan, { repair: false, report: () => Effect.void }))
      assert.strictEqual(refused.reason, "needs_root")
    }).pipe(Effect.scoped),
  )

  it.live(
    "security takes the version with the fix, and the oldest kernel makes room without being a removal",
    () =>
      Effect.gen(function* () {
        const { box, manager, applied } = yield* machine(root)
        yield* box.run(["bash", "-c", "mkdir -p /etc/dnf; touch /etc/dnf/dnf.conf"])
        yield* box.run([
          "bash",
          "-c",
          "grep -q installonly_limit /etc/dnf/dnf.conf || echo '[main]' >>/etc/dnf/dnf.conf; sed -i '/installonly_limit/d; s/^\\[main\\]/[main]\\ninstallonly_limit=2/' /etc/dnf/dnf.conf",
        ])
        const { plan, report } = yield* applied(decodeRequest({ selection: { kind: "security" } }))
        assert.deepStrictEqual(installs(plan), {
          kernel: "6.1.3-1",
          "kernel-core": "6.1.3-1",
          "lab-hidden": "1.1-1",
          "lab-nocve": "1.1-1",
          "lab-secfix": "1.1-1",
        })
        assert.deepStrictEqual(plan.removals, [])
        assert.deepStrictEqual([...new Set(Object.values(outcomes(report)))], ["installed"])
        assert.strictEqual(yield* rpmVersion(box, "kernel"), "6.1.2-1\n6.1.3-1")
        const left = (yield* manager.updates).updates.filter(({ security }) => security.verdict === "yes")
        assert.deepStrictEqual(left, [])
      }).pipe(Effect.scoped),
  )
})

describe.each(roots)("%s: refreshing", (root) => {
  it.live("refreshes what it can reach, and says what became of each repository", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* machine(root)
      const first = yield* manager.refresh("always")
      assert.deepStrictEqual([first.refreshed, first.reasons], [true, []])
      assert.deepStrictEqual(
        first.repositories.map(({ repository, outcome }) => [repository, outcome]),
        [
          ["lab", "unchanged"],
          ["lab-extras", "unchanged"],
        ],
      )
      yield* Box.publish(box)
      yield* box.run(["mv", "/srv/lab/lab-extras", "/srv/lab/elsewhere"])
      const partly = yield* manager.refresh("always")
      assert.deepStrictEqual(
        partly.repositories.map(({ repository, outcome }) => [repository, outcome]),
        [
          ["lab", "fetched"],
          ["lab-extras", "failed"],
        ],
      )
      assert.include(partly.reasons[0]?.detail ?? "", "lab-extras")
      assert.match(partly.repositories[1]?.message ?? "", /repomd\.xml/)
      yield* box.run(["mv", "/srv/lab/elsewhere", "/srv/lab/lab-extras"])
      yield* box.run(["bash", "-c", "echo '<!-- tampered -->' >>/srv/lab/lab/repodata/repomd.xml"])
      const tampered = yield* manager.refresh("always")
      assert.strictEqual(
        tampered.repositories.find(({ repository }) => repository === "lab")?.outcome,
        "failed",
      )
      assert.include(tampered.reasons.map(({ detail }) => detail).join(), "not signed by a key")

      // a file that cannot be read is passed over by dnf4 and ends dnf5
      yield* box.writeFile("/etc/yum.repos.d/broken.repo", "[broken\n")
      const answer = yield* manager.refresh("always").pipe(
        Effect.map(({ refreshed, reasons }) => [refreshed, reasons.map(({ detail }) => detail).join()]),
        Effect.catchTag("ManagerError", ({ reason, detail }) =>
          Effect.succeed([reason !== "failed", detail]),
        ),
      )
      assert.isFalse(answer[0])
      assert.include(String(answer[1]), "broken.repo")
    }).pipe(Effect.scoped),
  )
})

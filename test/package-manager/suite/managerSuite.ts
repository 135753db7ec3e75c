import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InstallPlan } from "../../../src/domain/InstallPlan.ts"
import type { PackageManager } from "../../../src/package-manager/PackageManager.ts"
import { ManagerWorld, type Scenario, type Traits, type World, type WorldError } from "./ManagerWorld.ts"
import {
  packageName,
  all,
  security,
  named,
  update,
  objection,
  installs,
  leftOut,
  outcomes,
  codes,
} from "./questions.ts"

const apply = (manager: PackageManager["Service"], plan: InstallPlan, repair = false) =>
  manager.apply(plan, { repair, report: () => Effect.void })

/**
 * What every package manager must answer and do, in each state of a host, whatever its program is called. Each test
 * has a host of its own. Run with the manager's world, real wherever the program can be had.
 */
export const suite = (name: string, layer: Layer.Layer<ManagerWorld, WorldError>) =>
  describe(`every package manager: ${name}`, () => {
    const when = (
      scenario: Scenario,
      what: string,
      body: (world: World, traits: Traits) => Effect.Effect<void, unknown>,
    ) =>
      it.live(`${scenario}: ${what}`, () =>
        Effect.gen(function* () {
          const { inState, traits } = yield* ManagerWorld
          yield* body(yield* inState(scenario), traits)
        }).pipe(Effect.scoped, Effect.provide(layer)),
      )

    when("nothing to do", "says so, and may, for it has seen everything", ({ manager }) =>
      Effect.gen(function* () {
        const inventory = yield* manager.inventory
        assert.isNotEmpty(inventory.packages)
        assert.deepStrictEqual([inventory.faults, inventory.reasons], [[], []])
        const listing = yield* manager.updates
        assert.deepStrictEqual([listing.updates, listing.reasons], [[], []])
        assert.isNotEmpty(listing.indexes)
        const { plan } = yield* manager.plan(all)
        assert.deepStrictEqual([plan.installs, plan.removals, plan.leftOut], [[], [], []])
        const health = yield* manager.health
        assert.deepStrictEqual([health.faults, health.locks, health.damage], [[], [], undefined])
      }),
    )

    when("one update", "lists, describes, plans and installs exactly it", ({ manager, installed }, traits) =>
      Effect.gen(function* () {
        const { from, to } = traits
        const listing = yield* manager.updates
        assert.deepStrictEqual(listing.reasons, [])
        assert.deepStrictEqual(
          listing.updates.map((row): ReadonlyArray<string> => [
            row.name,
            row.from,
            row.to,
            row.installable.answer,
          ]),
          [["lab-plain", from, to, "yes"]],
        )
        assert.isNotEmpty(update(listing.updates, "lab-plain").origins)
        const described = yield* manager.describe([packageName("lab-plain"), packageName("no-such-package")])
        assert.deepStrictEqual(
          described.packages.map((row): ReadonlyArray<string | undefined> => [
            row.name,
            row.installed[0]?.version,
            row.candidate,
          ]),
          [["lab-plain", from, to]],
        )
        assert.deepStrictEqual<ReadonlyArray<string>>(described.unknown, ["no-such-package"])

        const planned = yield* manager.plan(named("lab-plain", to))
        assert.deepStrictEqual(installs(planned.plan), { "lab-plain": to })
        assert.deepStrictEqual([planned.plan.removals, planned.preflight], [[], []])
        assert.strictEqual(planned.plan.installs[0]?.role, "requested")
        const everything = yield* manager.plan(all)
        assert.strictEqual(everything.plan.digest, planned.plan.digest)
        assert.strictEqual(yield* installed("lab-plain"), from)

        const report = yield* apply(manager, planned.plan)
        assert.deepStrictEqual(outcomes(report), { "lab-plain": "installed" })
        assert.deepStrictEqual(report.preflight, [])
        assert.isNotEmpty(report.evidence)
        assert.strictEqual(yield* installed("lab-plain"), to)
        assert.deepStrictEqual((yield* manager.updates).updates, [])
        const again = yield* apply(manager, planned.plan)
        assert.deepStrictEqual(codes(again.preflight), ["plan_changed"])
      }),
    )

    when(
      "security only",
      "tells a fix from another update, with evidence",
      ({ manager, installed }, traits) =>
        Effect.gen(function* () {
          const { from, fix } = traits
          const { updates, reasons } = yield* manager.updates
          assert.deepStrictEqual(reasons, [])
          const found = update(updates, "lab-secfix").security
          const plain = update(updates, "lab-plain").security.verdict
          const { plan } = yield* manager.plan(security)
          if (traits.security === "none") {
            assert.deepStrictEqual([found.verdict, found.evidence, plain], ["unknown", [], "unknown"])
            assert.deepStrictEqual(installs(plan), {})
            assert.deepStrictEqual(leftOut(plan), {
              "lab-plain": "not_security",
              "lab-secfix": "not_security",
            })
            return
          }
          assert.deepStrictEqual([found.verdict, plain], ["yes", "no"])
          assert.isNotEmpty(found.evidence)
          if (traits.security === "advisory") {
            const advisory = found.evidence.find(({ kind }) => kind === "advisory")
            assert.strictEqual(advisory?.advisory, "security")
            assert.include(advisory?.cves ?? [], "CVE-2099-0001")
            assert.match(advisory?.severity ?? "", /important/i)
          }
          assert.deepStrictEqual(installs(plan), { "lab-secfix": fix })
          assert.deepStrictEqual(leftOut(plan), { "lab-plain": "not_security" })
          assert.deepStrictEqual(outcomes(yield* apply(manager, plan)), { "lab-secfix": "installed" })
          assert.strictEqual(yield* installed("lab-secfix"), fix)
          assert.strictEqual(yield* installed("lab-plain"), from)
        }),
    )

    when("held", "shows what is held and leaves it alone", ({ manager, installed }, { from, to }) =>
      Effect.gen(function* () {
        const { packages } = yield* manager.inventory
        assert.isTrue(packages.find((row) => row.name === "lab-held")?.held)
        assert.isUndefined(packages.find((row) => row.name === "lab-plain")?.held)
        const { updates, reasons } = yield* manager.updates
        assert.deepStrictEqual(reasons, [])
        assert.deepStrictEqual<ReadonlyArray<string>>(
          [objection(update(updates, "lab-held")), update(updates, "lab-held").to],
          ["held", to],
        )
        const { plan } = yield* manager.plan(all)
        assert.deepStrictEqual(installs(plan), { "lab-plain": to })
        assert.deepStrictEqual(leftOut(plan), { "lab-held": "held" })
        assert.strictEqual(leftOut((yield* manager.plan(named("lab-held", to))).plan)["lab-held"], "held")
        assert.deepStrictEqual(outcomes(yield* apply(manager, plan)), { "lab-plain": "installed" })
        assert.strictEqual(yield* installed("lab-held"), from)
      }),
    )

    when("removal needed", "removes nothing unless the command allows it", ({ manager, installed }, traits) =>
      Effect.gen(function* () {
        const { from, to, partialUpgrades } = traits
        const { updates } = yield* manager.updates
        assert.strictEqual(objection(update(updates, "lab-conflict")), "needs_removal")
        const { plan } = yield* manager.plan(all)
        assert.deepStrictEqual(plan.removals, [])
        assert.strictEqual(leftOut(plan)["lab-conflict"], "needs_removal")
        if (partialUpgrades) {
          assert.deepStrictEqual(outcomes(yield* apply(manager, plan)), { "lab-plain": "installed" })
        } else {
          assert.deepStrictEqual(installs(plan), {})
          assert.strictEqual(leftOut(plan)["lab-plain"], "blocked_by_manager")
        }
        assert.strictEqual(yield* installed("lab-victim"), from)
        assert.strictEqual(yield* installed("lab-conflict"), from)
        if (!traits.removesOnRequest) return
        const allowed = yield* manager.plan({ ...all, allow_removals: true })
        assert.deepStrictEqual(
          allowed.plan.removals.map(({ name }): string => name),
          ["lab-victim"],
        )
        const report = yield* apply(manager, allowed.plan)
        assert.deepStrictEqual(
          [outcomes(report)["lab-conflict"], outcomes(report)["lab-victim"]],
          ["installed", "removed"],
        )
        assert.strictEqual(yield* installed("lab-conflict"), to)
        assert.strictEqual(yield* installed("lab-victim"), "")
      }),
    )

    when(
      "failing scriptlet",
      "is not called a success, and costs nobody else",
      ({ manager, installed }, { to }) =>
        Effect.gen(function* () {
          const { plan } = yield* manager.plan(all)
          assert.deepStrictEqual(installs(plan), { innocent1: to, "lab-failpost": to })
          const report = yield* apply(manager, plan)
          assert.deepStrictEqual(outcomes(report), {
            innocent1: "installed",
            "lab-failpost": "half_configured",
          })
          const failed = report.outcomes.find((row) => row.name === "lab-failpost")
          assert.isNotEmpty(failed?.message)
          assert.isNotEmpty(report.evidence)
          assert.strictEqual(yield* installed("innocent1"), to)
        }),
    )

    when("locked", "names who holds the lock, and waits for nobody", ({ manager, mend }, { to }) =>
      Effect.gen(function* () {
        assert.isNotEmpty((yield* manager.inventory).packages)
        const { locks } = yield* manager.health
        assert.isNotEmpty(locks)
        // Some managers cannot even be asked for a plan while another one runs.
        const refusal = yield* manager.plan(all).pipe(
          Effect.map(({ preflight }) => preflight.filter(({ code }) => code === "locked")),
          Effect.catchTag("ManagerError", (error) => Effect.succeed([{ ...error, code: error.reason }])),
        )
        assert.deepStrictEqual(codes(refusal), ["locked"])
        assert.isDefined(refusal[0]?.holder)
        yield* mend
        const planned = yield* manager.plan(all)
        assert.deepStrictEqual([installs(planned.plan), planned.preflight], [{ "lab-plain": to }, []])
      }),
    )

    when("repository down", "says which, and a scan is not complete", ({ manager, mend }) =>
      Effect.gen(function* () {
        const refreshed = yield* manager.refresh("always")
        assert.isFalse(refreshed.refreshed)
        assert.include(
          refreshed.repositories.map(({ outcome }) => outcome),
          "failed",
        )
        assert.include(codes(refreshed.reasons), "repository_failed")
        yield* mend
        const again = yield* manager.refresh("always")
        assert.deepStrictEqual([again.refreshed, again.reasons], [true, []])
        const { updates, reasons } = yield* manager.updates
        assert.deepStrictEqual([updates.map(({ name }): string => name), reasons], [["lab-plain"], []])
      }),
    )

    when("stale index", "never counts as a complete answer, until it is refreshed", ({ manager }) =>
      Effect.gen(function* () {
        const before = yield* manager.updates
        assert.include(codes(before.reasons), "index_stale")
        const untouched = yield* manager.refresh("never")
        assert.isFalse(untouched.refreshed)
        const refreshed = yield* manager.refresh({ if_older_than_seconds: 86_400 })
        assert.deepStrictEqual([refreshed.refreshed, refreshed.reasons], [true, []])
        const after = yield* manager.updates
        assert.deepStrictEqual(after.reasons, [])
        assert.isTrue(after.indexes.every(({ ageSeconds }) => ageSeconds !== undefined && ageSeconds < 3600))
        const young = yield* manager.refresh({ if_older_than_seconds: 86_400 })
        assert.deepStrictEqual([young.refreshed, young.repositories], [false, []])
      }),
    )

    when("missing index", "never counts as nothing to do, until it is downloaded", ({ manager }) =>
      Effect.gen(function* () {
        const before = yield* manager.updates
        assert.include(codes(before.reasons), "index_missing")
        const refreshed = yield* manager.refresh({ if_older_than_seconds: 86_400 })
        assert.deepStrictEqual([refreshed.refreshed, refreshed.reasons], [true, []])
        const after = yield* manager.updates
        assert.deepStrictEqual(after.reasons, [])
        update(after.updates, "lab-plain")
      }),
    )

    when(
      "half-installed",
      "is seen, stands against installing, and is mended when asked",
      ({ manager, installed }, traits) =>
        Effect.gen(function* () {
          const health = yield* manager.health
          assert.isTrue(health.faults.length > 0 || health.damage !== undefined)
          const { preflight } = yield* manager.plan(all)
          assert.isNotEmpty(
            preflight.filter(({ code }) => code === "half_configured" || code === "interrupted_transaction"),
          )
          if (!traits.repairs) return
          const repairing = yield* manager.plan({ ...all, repair: true })
          assert.deepStrictEqual(repairing.preflight, [])
          yield* apply(manager, repairing.plan, true)
          const after = yield* manager.health
          assert.deepStrictEqual([after.faults, after.damage], [[], undefined])
          assert.include([traits.from, traits.to], yield* installed("lab-hangpost"))
        }),
    )
  })

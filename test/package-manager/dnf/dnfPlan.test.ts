import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { codes, installs, leftOut } from "../suite/questions.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { packages, plan } from "./plannedDnf.ts"
import { recorded } from "./recordedDnf.ts"

const detailOf = (found: Effect.Success<ReturnType<typeof plan>>, name: string) =>
  found.plan.leftOut.find((row) => row.name === name)?.detail ?? ""

describe("makePlan for dnf", () => {
  it.effect("asks once when nothing is wrong, and knows origins, sizes and roles", () =>
    Effect.gen(function* () {
      const found = yield* plan(packages("lab-plain", "lab-newdep"))
      assert.deepStrictEqual(
        found.plan.installs.map(({ name, from, to, role, origins }): ReadonlyArray<string | undefined> => [
          name,
          from,
          to,
          role,
          origins[0]?.id,
        ]),
        [
          ["lab-newdep-lib", undefined, "1.0-1", "dependency", "lab"],
          ["lab-newdep", "1.0-1", "1.1-1", "requested", "lab"],
          ["lab-plain", "1.0-1", "1.1-1", "requested", "lab"],
        ],
      )
      assert.deepStrictEqual([found.plan.removals, found.plan.leftOut, found.preflight], [[], [], []])
      assert.strictEqual(found.plan.downloadBytes, 3000)
      assert.strictEqual(found.plan.installedSizeChangeBytes, 3 * 5000 - 2000 - 3000)
      assert.strictEqual(found.plan.rebootExpected, "no")
      assert.strictEqual(found.trials, 1)
    }),
  )

  it.effect("leaves out what dnf's own words point at, in one more trial for each", () =>
    Effect.gen(function* () {
      const found = yield* plan(packages("innocent2", "lab-unsat", "innocent3", "lab-plain", "innocent4"))
      assert.deepStrictEqual(leftOut(found.plan), { "lab-unsat": "conflict" })
      assert.include(detailOf(found, "lab-unsat"), "nothing provides lab-nowhere")
      assert.deepStrictEqual(Object.keys(installs(found.plan)), [
        "innocent2",
        "innocent3",
        "innocent4",
        "lab-plain",
      ])
      assert.strictEqual(found.trials, 3)
    }),
  )

  it.effect("names what would have to be removed, and removes it only when that is allowed", () =>
    Effect.gen(function* () {
      const kept = yield* plan(packages("lab-plain", "lab-conflict"))
      assert.deepStrictEqual(leftOut(kept.plan), { "lab-conflict": "needs_removal" })
      assert.include(detailOf(kept, "lab-conflict"), "it would remove lab-victim")
      assert.deepStrictEqual(kept.plan.removals, [])
      const allowed = yield* plan({ ...packages("lab-plain", "lab-conflict"), allow_removals: true })
      assert.deepStrictEqual(leftOut(allowed.plan), {})
      assert.deepStrictEqual(
        allowed.plan.removals.map(({ name }): string => name),
        ["lab-victim"],
      )
    }),
  )

  it.effect("finds by its name what is not found at its old architecture", () =>
    Effect.gen(function* () {
      const found = yield* plan(packages("lab-archchange", "lab-plain"))
      assert.deepStrictEqual(leftOut(found.plan), {})
      assert.deepInclude<unknown>(
        found.plan.installs.find(({ name }) => name === "lab-archchange"),
        { architecture: "x86_64", from: "1.0-1", to: "1.1-1", role: "requested" },
      )
      assert.strictEqual(found.trials, 2)
    }),
  )

  it.effect("upgrades to what replaces an installed package, which needs no leave", () =>
    Effect.gen(function* () {
      const found = yield* plan({
        selection: { kind: "all" },
        exclude: [
          "innocent*",
          "kernel*",
          "lab-a*",
          "lab-c*",
          "lab-d*",
          "lab-f*",
          "lab-h*",
          "lab-p*",
          "lab-s*",
        ],
      })
      assert.strictEqual(installs(found.plan)["lab-new"], "1.1-1")
      assert.strictEqual(found.plan.installs.find(({ name }) => name === "lab-new")?.role, "requested")
      assert.deepStrictEqual(
        found.plan.removals.map(({ name }): string => name),
        ["lab-old"],
      )
    }),
  )

  it.effect("never plans from an answer that is not understood", () =>
    Effect.gen(function* () {
      const stdout = recorded("dnf-4.23", "table.stdout").replace("Upgrading:", "Frobnicating:")
      const responders = [when("dnf --assumeno upgrade --best", { exitCode: 1, stdout })]
      const error = yield* Effect.flip(plan(packages("lab-plain"), { responders }))
      assert.strictEqual(error.reason, "output_not_understood")
    }),
  )

  it.effect("says what dnf says when it can plan nothing, and that it is locked out", () =>
    Effect.gen(function* () {
      const stderr = "Error: Failed to download metadata for repo 'lab': Cannot prepare internal mirrorlist\n"
      const broken = [when("dnf --assumeno upgrade --best", { exitCode: 1, stderr })]
      const error = yield* Effect.flip(plan(packages("lab-plain"), { responders: broken }))
      assert.strictEqual(error.reason, "failed")
      assert.include(error.detail, "Cannot prepare internal mirrorlist")
      const busy = [
        when("dnf --assumeno upgrade --best", { exitCode: 200, stderr: "Metadata already locked by 7\n" }),
      ]
      const locked = yield* Effect.flip(plan(packages("lab-plain"), { responders: busy }))
      assert.strictEqual(locked.reason, "locked")
    }),
  )

  it.effect("trusts an age only as far as the metadata proves it", () =>
    Effect.gen(function* () {
      // the metadata of the repository is of the first day of 2024
      const request = { ...packages("lab-plain"), min_age_hours: 24 }
      const young = yield* plan(request, { before: TestClock.setTime(Date.parse("2024-01-01T10:00:00Z")) })
      assert.deepStrictEqual(leftOut(young.plan), { "lab-plain": "too_young" })
      assert.include(detailOf(young, "lab-plain"), "the metadata of lab is of 2024-01-01T00:00:00.000Z")
      const old = yield* plan(request, { before: TestClock.setTime(Date.parse("2024-01-02T10:00:00Z")) })
      assert.deepStrictEqual(installs(old.plan), { "lab-plain": "1.1-1" })
    }),
  )

  it.effect("a transaction that was cut off stands against installing, unless it shall be repaired", () =>
    Effect.gen(function* () {
      const row = "innocent2\t0\t1.1\t1\tnoarch\tinnocent2-1.1-1.src.rpm\t(none)\n"
      const responders = [
        (argv: ReadonlyArray<string>) =>
          argv.join(" ").startsWith("rpm --query --all") && argv.some((word) => word.includes("SOURCERPM"))
            ? recorded("dnf-4.23", "rpm.stdout") + row
            : undefined,
        when("rpm --query --whatprovides", ""),
      ]
      const found = yield* plan(packages("lab-plain"), { responders })
      assert.deepStrictEqual(codes(found.preflight), ["interrupted_transaction"])
      assert.include(found.preflight[0]?.detail, "innocent2 1.0-1")
      const repairing = yield* plan({ ...packages("lab-plain"), repair: true }, { responders })
      assert.deepStrictEqual(repairing.preflight, [])
    }),
  )

  it.effect("names who is at work with dnf", () =>
    Effect.gen(function* () {
      const files = {
        "/var/lib/dnf/rpmdb_lock.pid": "77",
        "/proc/77/stat": "77 (dnf) S 1",
        "/proc/77/comm": "dnf\n",
      }
      const { preflight } = yield* plan(packages("lab-plain"), { files })
      assert.deepStrictEqual(
        preflight.map(({ code, holder }) => [code, holder?.pid, holder?.program]),
        [["locked", 77, "dnf"]],
      )
    }),
  )
})

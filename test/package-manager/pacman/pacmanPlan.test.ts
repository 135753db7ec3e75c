import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import { makePlan } from "../../../src/package-manager/pacman/pacmanPlan.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { recorded, recordedHost } from "./recordedHost.ts"

const request = Schema.decodeUnknownSync(InstallUpdates)

const planned = Effect.fnUntraced(function* (command: object, ...responders: ReadonlyArray<Responder>) {
  const { dependencies, calls } = yield* recordedHost("pacman-7.1", ...responders)
  const answer = yield* makePlan({ ...dependencies, isRoot: true })(request(command))
  return { ...answer, calls }
})

const all = { selection: { kind: "all" } }
const reasons = (rows: ReadonlyArray<{ readonly name: string; readonly reason: string }>) =>
  Object.fromEntries(rows.map(({ name, reason }) => [name, reason]))

/** lab-plain 1.1-1 excludes the installed lab-victim. */
const excluding: Responder = when(
  "pacman -Si",
  recorded("pacman-7.1", "sync-records.stdout").replace(
    /(Name {12}: lab-plain\n[^]*?Conflicts With {2}: )None/,
    "$1lab-victim",
  ),
)

describe("makePlan", () => {
  it.effect("takes everything but what pacman.conf keeps", () =>
    Effect.gen(function* () {
      const { plan, preflight } = yield* planned(all)
      assert.deepStrictEqual(preflight, [])
      assert.deepStrictEqual(reasons(plan.leftOut), { "lab-grouped": "held", "lab-held": "held" })
      assert.strictEqual(plan.installs.length, 14)
      assert.deepStrictEqual<ReadonlyArray<string>>(
        plan.removals.map(({ name }) => name),
        ["lab-old"],
      )
      assert.strictEqual(plan.installs.find(({ name }) => name === "lab-new")?.role, "requested")
    }),
  )

  it.effect("is the same plan, with the same digest, for whoever names everything", () =>
    Effect.gen(function* () {
      const { plan } = yield* planned(all)
      const names = ["innocent1", "innocent2", "innocent3", "innocent4", "innocent5", "lab-autodep"]
      const more = ["lab-conffile", "lab-newdep", "lab-old", "lab-plain", "lab-secfix"]
      const packages = [
        ...[...names, ...more].map((name) => ({ name, version: "1.1-1" })),
        { name: "lab-epoch", version: "1:1.0-1" },
        { name: "linux", version: "6.1.2-1" },
      ]
      const named = yield* planned({ selection: { kind: "packages", packages } })
      assert.strictEqual(named.plan.digest, plan.digest)
      const [, ...fewer] = packages
      const partial = yield* planned({ selection: { kind: "packages", packages: fewer } })
      assert.deepStrictEqual(partial.plan.installs, [])
      assert.deepStrictEqual(
        [...new Set(partial.plan.leftOut.map(({ detail }) => detail))],
        ["Arch supports only the upgrade of everything that is pending: innocent1 would be left behind"],
      )
      assert.deepStrictEqual(
        [...new Set(Object.values(reasons(partial.plan.leftOut)))],
        ["blocked_by_manager"],
      )
    }),
  )

  it.effect("removes what a package of the upgrade excludes only where the command allows it", () =>
    Effect.gen(function* () {
      const refused = yield* planned(all, excluding)
      assert.deepStrictEqual([refused.plan.installs, refused.plan.removals], [[], []])
      assert.strictEqual(reasons(refused.plan.leftOut)["lab-plain"], "needs_removal")
      assert.strictEqual(reasons(refused.plan.leftOut)["innocent1"], "blocked_by_manager")
      const allowed = yield* planned({ ...all, allow_removals: true }, excluding)
      assert.deepStrictEqual<ReadonlyArray<string>>(
        allowed.plan.removals.map(({ name }) => name),
        ["lab-old", "lab-victim"],
      )
    }),
  )

  it.effect("asks pacman no more often because much is refused", () =>
    Effect.gen(function* () {
      const whole = yield* planned(all)
      const refused = yield* planned(
        { ...all, exclude: ["innocent*"] },
        when("pacman -Sup", { exitCode: 1, stderr: "error: failed to prepare transaction\n" }),
      )
      assert.isAtMost(refused.calls.length, whole.calls.length)
    }),
  )
})

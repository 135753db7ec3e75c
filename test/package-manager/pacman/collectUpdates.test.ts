import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { collectInventory } from "../../../src/package-manager/pacman/collectInventory.ts"
import { collectUpdates } from "../../../src/package-manager/pacman/collectUpdates.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { recorded, recordedHost, recordedHosts } from "./recordedHost.ts"

const updates = (...responders: ReadonlyArray<Responder>) =>
  Effect.flatMap(recordedHost("pacman-7.1", ...responders), ({ dependencies }) =>
    collectUpdates(dependencies),
  )

const installable = (listing: Effect.Success<ReturnType<typeof updates>>) =>
  listing.updates.filter(({ installable: { answer } }) => answer === "yes").length

describe("collectUpdates", () => {
  it.effect.each(recordedHosts)("lists what is pending on %s with five questions", (host) =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedHost(host)
      const listing = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(listing.reasons, [])
      assert.deepStrictEqual([listing.updates.length, installable(listing)], [15, 13])
      assert.deepStrictEqual(listing.indexes, [{ manager: "pacman", repository: "lab", ageSeconds: 3600 }])
      const old = listing.updates.find(({ name }) => name === "lab-old")
      assert.deepStrictEqual<unknown>(
        [old?.from, old?.to, old?.installable.answer],
        ["1.0-1", "1.1-1", "yes"],
      )
      assert.deepStrictEqual(
        calls.map(({ program, args }) => [program, ...args.filter((arg) => /^-[A-Z]/.test(arg))].join(" ")),
        // The last one asks whether the replaced package is still offered.
        ["find", "pacman-conf", "stat", "pacman -Qu", "pacman -Sup", "pacman -Si", "pacman -Si"],
      )
    }),
  )

  it.effect("blocks all with pacman's words where it refuses", () =>
    Effect.gen(function* () {
      const stdout = recorded("pacman-7.1", "refused.stdout")
      const stderr = "error: failed to prepare transaction (could not satisfy dependencies)\n"
      const newer = `${recorded("pacman-7.1", "upgrades.stdout")}lab-unsat 1.0-1 -> 1.1-1\n`
      const listing = yield* updates(
        when("pacman -Qu", newer),
        when("pacman -Sup", { exitCode: 1, stdout, stderr }),
      )
      assert.deepStrictEqual([listing.reasons, installable(listing)], [[], 0])
      const plain = listing.updates.find(({ name }) => name === "lab-plain")?.installable
      assert.strictEqual(plain?.answer === "no" && plain.reason, "blocked_by_manager")
    }),
  )

  const partial: ReadonlyArray<readonly [what: string, responder: Responder, code: string]> = [
    ["a line of -Qu is not understood", when("pacman -Qu", "\uFFFD\u0000\n"), "lines_not_understood"],
    ["a line of -Sup is not understood", when("pacman -Sup", "lab\tx\n"), "lines_not_understood"],
    ["a line of -Si is not understood", when("pacman -Si", "???\n"), "lines_not_understood"],
    [
      "a line of pacman-conf is not understood",
      when("pacman-conf", `${recorded("pacman-7.1", "pacman-conf.stdout")}= what\n`),
      "lines_not_understood",
    ],
    ["-Qu is cut off", when("pacman -Qu", { stdout: "", truncated: true }), "collector_failed"],
    ["-Sup is cut off", when("pacman -Sup", { stdout: "", truncated: true }), "collector_failed"],
    ["-Si is cut off", when("pacman -Si", { stdout: "", truncated: true }), "collector_failed"],
    ["-Si names less than -Sup", when("pacman -Si", ""), "collector_failed"],
    [
      "-Qu complains and exits with 1, as it does without updates",
      when("pacman -Qu", { exitCode: 1, stderr: "error: could not open file /x: I/O error\n" }),
      "collector_failed",
    ],
    [
      "a database cannot be read",
      when("pacman -Qu", {
        exitCode: 1,
        stderr: "error: could not open file /var/lib/pacman/sync/lab.db: truncated gzip input\n",
      }),
      "index_missing",
    ],
    [
      "pacman refuses and blames nobody",
      when("pacman -Sup", { exitCode: 1, stderr: "error: failed to init transaction (unexpected error)\n" }),
      "collector_failed",
    ],
    ["there is no database", when("stat", ""), "index_missing"],
    [
      "the database is old",
      when("stat", "1704067200\t1704067200\t2391\t/var/lib/pacman/sync/lab.db\n"),
      "index_stale",
    ],
  ]
  it.effect.each(partial)("never looks complete when %s", ([, responder, code]) =>
    Effect.gen(function* () {
      const { reasons } = yield* updates(responder)
      assert.include(
        reasons.map((reason) => reason.code),
        code,
      )
    }),
  )

  it.effect("plans nothing with half of the repositories, although pacman would", () =>
    Effect.gen(function* () {
      const two = `${recorded("pacman-7.1", "pacman-conf.stdout")}[extra]\nUsage = All\n`
      const listing = yield* updates(when("pacman-conf", two))
      assert.strictEqual(installable(listing), 0)
      assert.isAbove(listing.updates.length, 10)
    }),
  )

  it.effect("fails where pacman cannot be asked, or looks after another root", () =>
    Effect.gen(function* () {
      const reason = (...responders: ReadonlyArray<Responder>) =>
        Effect.map(Effect.flip(updates(...responders)), (error) => error.reason)
      const late = new SubprocessError({ program: "pacman", reason: "timed_out" })
      assert.strictEqual(yield* reason(when("pacman -Qu", late)), "timed_out")
      assert.strictEqual(yield* reason(when("pacman -Qu", { exitCode: 255 })), "failed")
      assert.strictEqual(yield* reason(when("pacman-conf", "[options]\nRootDir = /mnt/\n")), "failed")
      assert.strictEqual(yield* reason(when("find", "")), "database_damaged")
    }),
  )
})

describe("collectInventory", () => {
  it.effect("lists packages also where pacman is not installed", () =>
    Effect.gen(function* () {
      const missing = new SubprocessError({ program: "pacman-conf", reason: "not_found" })
      const { dependencies } = yield* recordedHost("pacman-6.0", when("pacman-conf", missing))
      const { packages, reasons } = yield* collectInventory(dependencies, "inventory")
      assert.isAbove(packages.length, 30)
      assert.deepStrictEqual(reasons, [])
    }),
  )

  it.effect("is partial where the database is too much to be read", () =>
    Effect.gen(function* () {
      const cut = { stdout: recorded("pacman-6.0", "local.stdout"), truncated: true }
      const { dependencies } = yield* recordedHost("pacman-6.0", when("find", cut))
      const { reasons } = yield* collectInventory(dependencies, "inventory")
      assert.deepStrictEqual(
        reasons.map(({ code }) => code),
        ["collector_failed"],
      )
    }),
  )
})

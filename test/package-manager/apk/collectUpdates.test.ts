import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { AvailableUpdate } from "../../../src/domain/Update.ts"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import { collectUpdates } from "../../../src/package-manager/apk/collectUpdates.ts"
import { generations, recorded } from "./recordings.ts"
import { insteadOf, recordedHost } from "./recordedHost.ts"

const verdicts = (updates: ReadonlyArray<AvailableUpdate>) =>
  Object.fromEntries(
    updates.map(({ name, to, installable }) => [
      name,
      `${to} ${installable.answer === "yes" ? "yes" : installable.reason}`,
    ]),
  )

const codes = (reasons: ReadonlyArray<{ readonly code: string; readonly detail: string }>) =>
  reasons.map(({ code }) => code)

const listed = (generation: 2 | 3) => (generation === 2 ? "list" : "query --upgradable")

describe("the updates of the recorded host", () => {
  it.effect.each(generations)("are told by apk %i with a reason for each that is kept back", (generation) =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedHost(generation)
      const { updates, reasons, indexes } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(reasons, [])
      assert.deepStrictEqual(
        indexes.map(({ repository, ageSeconds }) => `${repository} ${ageSeconds}`),
        ["http://repo.example.org/main 3600", "http://repo.example.org/edge 3600"],
      )
      assert.deepStrictEqual(verdicts(updates), {
        "lab-conf": "1.1-r0 yes",
        "lab-conflict": "1.1-r0 conflict",
        "lab-drops": "1.1-r0 needs_removal",
        "lab-fuzzy": "1.1-r0 pinned",
        // 2.0 is on offer too, but the world wants less than that.
        "lab-less": "1.1-r0 yes",
        "lab-libs": "2.0-r1 yes",
        "lab-newdep": "1.1-r0 yes",
        "lab-noarch": "1.1-r0 yes",
        "lab-part": "1.1-r0 conflict",
        "lab-pinned": "1.1-r0 held",
        "lab-plain": "1.1-r0 yes",
        "lab-post-upgrade": "1.1-r0 yes",
        "lab-pre-upgrade": "1.1-r0 yes",
        "lab-trigger": "1.1-r0 yes",
        "lab-unsat": "1.1-r0 conflict",
        // Nobody recorded a solution for these three.
        "lab-fussy": "1.1-r0 conflict",
        "lab-hangpost": "1.1-r0 conflict",
        "lab-hangpre": "1.1-r0 conflict",
      })
      const detail = (name: string) => {
        const found = updates.find((row) => row.name === name)?.installable
        return found?.answer === "no" ? found.detail : ""
      }
      assert.include(detail("lab-part"), "breaks: lab-holder-1.0-r0[lab-part=1.0-r0]")
      assert.include(detail("lab-unsat"), "lab-nowhere (no such package)")
      assert.include(detail("lab-drops"), "lab-olddep")
      assert.include(detail("lab-pinned"), "lab-pinned=1.0-r0")
      const plain = updates.find(({ name }) => name === "lab-plain")
      assert.deepStrictEqual(plain?.origins, [{ id: "http://repo.example.org/main" }])
      assert.deepStrictEqual(plain?.security, { verdict: "unknown", evidence: [] })
      assert.strictEqual(plain?.downloadBytes, generation === 2 ? undefined : 976)
      assert.isTrue(calls.every(({ args }) => !args.includes("add")))
    }),
  )

  it.effect("cost three children where apk is content with all of them", () =>
    Effect.gen(function* () {
      const query =
        '[{"name":"lab-plain","version":"1.1-r0","repositories":["http://repo.example.org/main"]}]'
      const { dependencies, calls } = yield* recordedHost(3, {
        responders: [insteadOf("query --upgradable", query)],
      })
      const { updates } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(verdicts(updates), { "lab-plain": "1.1-r0 yes" })
      assert.deepStrictEqual(
        calls.map(({ args }) => args[0]),
        ["--version", "query", "upgrade"],
      )
    }),
  )

  it.effect.each([
    ["simulate-missing-tag", "missing repository tags"],
    ["simulate-missing-index", "stale/unavailable repositories"],
    ["simulate-unsatisfiable-world", "lab-ghost (no such package)"],
  ] as const)("are all blocked when apk refuses everything: %s", ([what, words]) =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedHost(2, {
        responders: [insteadOf("upgrade --simulate", recorded(2, what))],
      })
      const { updates } = yield* collectUpdates(dependencies)
      const found = verdicts(updates)
      assert.deepStrictEqual(
        [found["lab-plain"], found["lab-pinned"]],
        ["1.1-r0 blocked_by_manager", "1.1-r0 held"],
      )
      const plain = updates.find(({ name }) => name === "lab-plain")?.installable
      assert.include(plain?.answer === "no" ? plain.detail : "", words)
      assert.isAtMost(calls.filter(({ args }) => args.includes("--simulate")).length, 2)
    }),
  )
})

describe("an answer that is not the whole truth", () => {
  it.effect.each(generations)("is one of apk %i without an index, although it exits with 0", (generation) =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedHost(generation, {
        responders: [insteadOf(listed(generation), recorded(generation, "upgradable-missing-index"))],
        files: (files) => {
          for (const path of files.all.keys()) if (path.includes("APKINDEX")) files.remove(path)
        },
      })
      const { reasons } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(codes(reasons), ["index_missing", "index_missing"])
    }),
  )

  it.effect.each(generations)("is one of apk %i with an old index", (generation) =>
    Effect.gen(function* () {
      const host = yield* recordedHost(generation)
      host.files.touch(host.cachedIndex(0), Date.UTC(2026, 10, 12))
      const { reasons, indexes } = yield* collectUpdates(host.dependencies)
      assert.deepStrictEqual(codes(reasons), ["index_stale"])
      assert.strictEqual(indexes[0]?.ageSeconds, 10 * 86_400 + 17 * 3600)
    }),
  )

  it.effect.each(generations)("is one of apk %i with an index that it cannot trust", (generation) =>
    Effect.gen(function* () {
      const { stderr } = recorded(generation, "update-untrusted")
      const { dependencies } = yield* recordedHost(generation, {
        responders: [insteadOf(listed(generation), { ...recorded(generation, "upgradable"), stderr })],
      })
      const { reasons } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(codes(reasons), ["repository_failed", "repository_failed"])
      assert.include(reasons[0]?.detail, "http://repo.example.org/main: UNTRUSTED signature")
    }),
  )

  it.effect("is one without any repository, or with a folder that is gone", () =>
    Effect.gen(function* () {
      for (const text of ["# none\n", "/media/gone\n"]) {
        const { dependencies } = yield* recordedHost(3, {
          files: (files) => files.write(apkPaths.repositories, text, 0),
        })
        const { reasons } = yield* collectUpdates(dependencies)
        assert.deepStrictEqual(codes(reasons), ["index_missing"])
      }
    }),
  )

  it.effect.each(generations)(
    "is one of apk %i in words that are not understood, cut off or too long",
    (generation) =>
      Effect.gen(function* () {
        const { stdout } = recorded(generation, "upgradable")
        const answers = [
          { stdout: stdout.slice(0, -30) },
          { stdout: `oops\n${stdout}` },
          { stdout: "\u0000\u0001\u0002\u00ff\n".repeat(1000) },
          { stdout: stdout.replaceAll("lab-plain", "--root") },
        ]
        for (const answer of answers) {
          const { dependencies } = yield* recordedHost(generation, {
            responders: [insteadOf(listed(generation), answer)],
          })
          const { reasons } = yield* collectUpdates(dependencies)
          assert.deepStrictEqual(codes(reasons), ["lines_not_understood"])
        }
        const { dependencies } = yield* recordedHost(generation, {
          responders: [insteadOf(listed(generation), { stdout, truncated: true })],
        })
        assert.deepStrictEqual(codes((yield* collectUpdates(dependencies)).reasons), ["collector_failed"])
      }),
  )

  it.effect("is one from a database with a line that is no field", () =>
    Effect.gen(function* () {
      const { dependencies, files } = yield* recordedHost(3)
      const text = files.all.get(apkPaths.installed)?.text ?? ""
      files.write(apkPaths.installed, text.replace("P:lab-plain", "rubbish here"), 0)
      const { reasons } = yield* collectUpdates(dependencies)
      assert.include(codes(reasons), "lines_not_understood")
    }),
  )
})

describe("no answer at all", () => {
  it.effect("comes from a lost, empty or damaged database, for which apk may exit with 0", () =>
    Effect.gen(function* () {
      const lost = yield* recordedHost(3, { files: (files) => files.remove(apkPaths.installed) })
      const empty = yield* recordedHost(3, { files: (files) => files.write(apkPaths.installed, "", 0) })
      const binary = yield* recordedHost(3, {
        files: (files) => files.write(apkPaths.installed, "\u0000\u0001\u0002\n".repeat(100_000), 0),
      })
      const damaged = yield* recordedHost(3, {
        responders: [insteadOf("query --upgradable", recorded(3, "upgradable-damaged-database"))],
      })
      for (const { dependencies } of [lost, empty, binary, damaged]) {
        const error = yield* Effect.flip(collectUpdates(dependencies))
        assert.strictEqual(error.reason, "database_damaged")
      }
    }),
  )
})

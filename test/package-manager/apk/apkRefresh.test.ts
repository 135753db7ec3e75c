import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import { makeRefresh } from "../../../src/package-manager/apk/apkRefresh.ts"
import { recordedAt, recordedHost } from "./recordedHost.ts"
import { generations, recorded } from "./recordings.ts"
import type { HostFiles } from "./hostFiles.ts"

const now = recordedAt.epochMilliseconds

/** Refreshes the recorded host; `effect` is what apk does to its files meanwhile. */
const refresh = Effect.fnUntraced(function* (
  generation: 2 | 3,
  what: string,
  effect: (files: HostFiles, cachedIndex: (index: number) => string) => void = () => undefined,
  configured?: string,
) {
  const host = yield* recordedHost(generation, {
    responders: [
      (argv) => {
        if (!argv.includes("update")) return undefined
        effect(host.files, host.cachedIndex)
        return recorded(generation, what)
      },
    ],
  })
  if (configured !== undefined) host.files.write(apkPaths.repositories, configured, 0)
  const refreshed = yield* makeRefresh({ ...host.dependencies, isRoot: true })("always")
  return { ...refreshed, calls: host.calls }
})

const outcomes = (rows: ReadonlyArray<{ repository: string; outcome: string }>) =>
  rows.map(({ repository, outcome }) => `${repository.replace(/.*\//, "")} ${outcome}`)

const confirm = (files: HostFiles, path: string) => files.touch(path, now)
const replace = (files: HostFiles, path: string) => files.write(path, "", now)

describe("apk update", () => {
  it.effect.each(generations)("of apk %i tells what was new and what was not by the files", (generation) =>
    Effect.gen(function* () {
      const found = yield* refresh(generation, "update", (files, cachedIndex) => {
        replace(files, cachedIndex(0))
        confirm(files, cachedIndex(1))
      })
      assert.deepStrictEqual(outcomes(found.repositories), ["main fetched", "edge unchanged"])
      assert.deepStrictEqual([found.refreshed, found.reasons], [true, []])
      const args = found.calls.flatMap((call) => (call.args[0] === "update" ? [call.args] : []))
      assert.isTrue(args[0]?.includes("--update-cache"))
    }),
  )

  it.effect.each(generations)(
    "of apk %i that asks no server is no refresh, whatever it exits with",
    (generation) =>
      Effect.gen(function* () {
        const found = yield* refresh(generation, "update-within-four-hours")
        assert.deepStrictEqual(outcomes(found.repositories), ["main not_tried", "edge not_tried"])
        assert.isFalse(found.refreshed)
        assert.deepStrictEqual(
          found.reasons.map(({ code }) => code),
          ["repository_failed", "repository_failed"],
        )
      }),
  )

  it.effect.each(generations)(
    "of apk %i names the repository that is down, its index there or not",
    (generation) =>
      Effect.gen(function* () {
        const stale = yield* refresh(generation, "update-repository-down", (files, cachedIndex) =>
          confirm(files, cachedIndex(0)),
        )
        assert.deepStrictEqual(outcomes(stale.repositories), ["main unchanged", "edge failed"])
        const gone = yield* refresh(generation, "update-without-index", (files, cachedIndex) => {
          replace(files, cachedIndex(0))
          files.remove(cachedIndex(1))
        })
        assert.deepStrictEqual(outcomes(gone.repositories), ["main fetched", "edge failed"])
        assert.deepStrictEqual([stale.refreshed, gone.refreshed], [false, false])
        assert.match(gone.reasons[0]?.detail ?? "", /^http:\/\/repo.example.org\/edge: /)
      }),
  )

  it.effect.each(generations)("of apk %i says whose key is missing", (generation) =>
    Effect.gen(function* () {
      const found = yield* refresh(generation, "update-untrusted")
      assert.deepStrictEqual(outcomes(found.repositories), ["main failed", "edge failed"])
      assert.match(found.repositories[0]?.message ?? "", /key that signs .* UNTRUSTED signature$/)
    }),
  )

  it.effect.each(generations)(
    "of apk %i fails where a folder is gone, although it exits with 0",
    (generation) =>
      Effect.gen(function* () {
        const found = yield* refresh(generation, "update-folder-gone", undefined, "/media/gone\n")
        assert.deepStrictEqual(outcomes(found.repositories), ["gone failed"])
        assert.isFalse(found.refreshed)
      }),
  )

  it.effect("is not run for an ordinary user, nor where nothing is due", () =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedHost(3)
      const asUser = makeRefresh({ ...dependencies, isRoot: false })
      assert.strictEqual((yield* Effect.flip(asUser("always"))).reason, "needs_root")
      assert.isFalse((yield* asUser({ if_older_than_seconds: 7200 })).refreshed)
      assert.strictEqual((yield* Effect.flip(asUser({ if_older_than_seconds: 60 }))).reason, "needs_root")
      assert.deepStrictEqual((yield* asUser("never")).repositories, [])
      assert.isFalse(calls.some(({ args }) => args[0] === "update"))
    }),
  )

  it.effect.each(generations)("of apk %i fails as locked while another one works", (generation) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(refresh(generation, "upgrade-locked-after-waiting"))
      assert.strictEqual(error.reason, "locked")
    }),
  )
})

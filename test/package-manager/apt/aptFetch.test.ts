import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { InstallPlan } from "../../../src/domain/InstallPlan.ts"
import { PackageName } from "../../../src/domain/Package.ts"
import { makeApply } from "../../../src/package-manager/apt/aptApply.ts"
import { makeFetch } from "../../../src/package-manager/apt/aptFetch.ts"
import { fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree } from "../../fakes/fileTree.ts"
import { FakeDpkg } from "./FakeDpkg.ts"

const planFor = (...names: ReadonlyArray<string>) =>
  Schema.decodeUnknownSync(InstallPlan)({
    installs: names.map((name) => ({
      manager: "apt",
      name,
      architecture: "all",
      from: "1.0",
      to: "2.0",
      origins: [],
      role: "requested",
    })),
    removals: [],
    leftOut: [],
    unmatchedExcludes: [],
    downloadBytes: 0,
    rebootExpected: "no",
    digest: "0".repeat(64),
  })

const noFiles = FileSystem.FileSystem.pipe(Effect.provide(layerFileTree({})))
const quiet = () => Effect.void

const fetch = Effect.fnUntraced(function* (
  plan: InstallPlan,
  options: { readonly repair?: boolean; readonly isRoot?: boolean },
  ...responders: ReadonlyArray<Responder>
) {
  const { service: subprocess, calls } = fakeSubprocess(...responders)
  const { repair = false, isRoot = true } = options
  const fetched = yield* makeFetch({ subprocess, fs: yield* noFiles, isRoot })(plan, {
    repair,
    report: quiet,
  })
  return { fetched, real: calls.filter(({ args }) => !args.includes("-s")) }
})

describe("makeFetch", () => {
  it.effect("downloads exactly what would be installed, with the patience of a transaction", () =>
    Effect.gen(function* () {
      const { fetched, real } = yield* fetch(planFor("one", "two"), {}, when("apt-get install", ""))
      assert.deepStrictEqual(
        real.map(({ args, onTimeout }) => [args.includes("--download-only"), args.slice(-2), onTimeout]),
        [[true, ["one:all=2.0", "two:all=2.0"], "leave"]],
      )
      assert.deepStrictEqual(fetched.missing, [])
      assert.deepStrictEqual(
        fetched.evidence.map(({ step }) => step),
        ["download 2 packages"],
      )
    }),
  )

  it.effect("names what could not be downloaded, and is no failure", () =>
    Effect.gen(function* () {
      const stderr =
        "E: Failed to fetch http://deb.example.org/pool/t/two/two_2.0_all.deb  404  Not Found\nE: Some files failed to download\n"
      const { fetched } = yield* fetch(planFor("one", "two"), {}, when("install", { exitCode: 100, stderr }))
      assert.deepStrictEqual(
        fetched.missing.map(({ name, complaint }) => [String(name), complaint]),
        [["two", "cannot be downloaded: 404 Not Found"]],
      )
    }),
  )

  it.effect("brings the missing dependencies of a repair, when there are any", () =>
    Effect.gen(function* () {
      const broken = when("-s check", {
        exitCode: 100,
        stderr: "E: Unmet dependencies. Try 'apt --fix-broken'.\n",
      })
      const sane = when("dpkg-query", "")
      const repair = yield* fetch(planFor(), { repair: true }, broken, sane, when("install", ""))
      assert.deepStrictEqual(
        repair.fetched.evidence.map(({ step }) => step),
        ["download missing dependencies"],
      )
      assert.isTrue(repair.real.some(({ args }) => args.includes("--fix-broken")))
      const sound = yield* fetch(planFor(), { repair: true }, when("-s check", ""), sane)
      assert.deepStrictEqual(
        sound.real.map(({ program }) => program),
        ["dpkg-query"],
      )
    }),
  )

  it.effect("brings what a repair installs again", () =>
    Effect.gen(function* () {
      const rows = when("dpkg-query", "iHR\tlost\t1.0\tall\tlost\t1.0\n")
      const { fetched, real } = yield* fetch(
        planFor(),
        { repair: true },
        when("-s check", ""),
        rows,
        when("install", ""),
      )
      assert.deepStrictEqual(
        fetched.evidence.map(({ step }) => step),
        ["download 1 packages again"],
      )
      const download = real.find(({ args }) => args.includes("--reinstall"))
      assert.isTrue(download?.args.includes("--download-only"))
      assert.strictEqual(download?.args.at(-1), "lost")
    }),
  )

  it.effect("needs root", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(fetch(planFor("one"), { isRoot: false }))).reason, "needs_root")
    }),
  )
})

describe("makeApply after it", () => {
  const after = Effect.fnUntraced(function* (offline: boolean) {
    const host = new FakeDpkg({ one: "sound", two: "sound", three: "sound" })
    const seen: Array<boolean> = []
    const { run } = host.service
    const subprocess = {
      run: (request: Parameters<typeof run>[0]) => {
        if (request.args.includes("install") && !request.args.includes("-s")) {
          seen.push(request.args.includes("--no-download"))
        }
        return run(request)
      },
    }
    const report = yield* makeApply({ subprocess, fs: yield* noFiles, isRoot: true })(
      planFor("one", "two", "three"),
      {
        repair: false,
        offline,
        missing: [{ name: PackageName.make("two"), complaint: "cannot be downloaded: 404" }],
        report: quiet,
      },
    )
    return { seen, runs: host.runs, report }
  })

  it.effect("does not try what is missing, installs the rest at once, and says why", () =>
    Effect.gen(function* () {
      const { seen, runs, report } = yield* after(true)
      assert.deepStrictEqual([seen, runs], [[true], [["one", "three"]]])
      assert.deepStrictEqual(
        report.outcomes.map(({ outcome, message }) => [outcome, message]),
        [
          ["installed", undefined],
          ["failed", "cannot be downloaded: 404"],
          ["installed", undefined],
        ],
      )
      assert.deepStrictEqual((yield* after(false)).seen, [false])
    }),
  )
})

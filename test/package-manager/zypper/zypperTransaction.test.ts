import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../../src/domain/Package.ts"
import { install } from "../../../src/package-manager/zypper/zypperCommands.ts"
import { performZypper, progressOf } from "../../../src/package-manager/zypper/zypperTransaction.ts"
import { type Answer, fakeSubprocess } from "../../fakes/FakeSubprocess.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { answerOf, versions, zypper } from "./recordedZypper.ts"

const decodeTarget = Schema.decodeUnknownSync(
  Schema.Struct({ name: PackageName, architecture: Architecture, to: PackageVersion }),
)
const targets = ["lab-failpost", "lab-failpre", "lab-plain", "innocent4"].map((name) =>
  decodeTarget({ name, architecture: "noarch", to: "1.1-1" }),
)

const attempt = Effect.fnUntraced(function* (answer: Answer) {
  const { service } = fakeSubprocess(zypper("install", answer))
  const steps: Array<string> = []
  const request = install(undefined, { targets, allowRemovals: false }, new Set())
  const perform = performZypper({ subprocess: service }, request, targets)
  const result = yield* perform(({ step, package: name = "" }) =>
    Effect.sync(() => void steps.push(`${step} ${name}`)),
  )
  return { ...result, steps }
})

const saying = (exitCode: number, body = "") => ({
  exitCode,
  stdout: `<?xml version='1.0'?>\n<stream>\n${body}\n</stream>\n`,
})

describe.each(versions)("an installation by zypper %s", (version) => {
  it.effect("knows whose script failed though its files are in place", () =>
    Effect.gen(function* () {
      const { ending, complaints, scriptFailures, evidence } = yield* attempt(
        answerOf(version, "install-scripts.xml"),
      )
      assert.strictEqual(ending, "succeeded")
      assert.deepStrictEqual([...(scriptFailures ?? [])], ["lab-failpost"])
      assert.match(
        complaints.get("lab-failpost") ?? "",
        /%post\(lab-failpost-1\.1-1\.noarch\) scriptlet failed, exit status 4/,
      )
      assert.strictEqual(evidence.exitCode, 107)
      assert.notInclude(evidence.output, "<progress")
    }),
  )

  it.effect("knows who refused to be installed, and tells its progress", () =>
    Effect.gen(function* () {
      const { ending, complaints, scriptFailures, steps, complaint } = yield* attempt(
        answerOf(version, "install-failing.xml"),
      )
      assert.strictEqual(ending, "failed")
      assert.deepStrictEqual([...complaints.keys()], ["lab-failpre"])
      assert.match(complaints.get("lab-failpre") ?? "", /scriptlet failed, exit status 3/)
      assert.deepStrictEqual([...(scriptFailures ?? [])], [])
      assert.includeMembers(steps, ["download lab-plain"])
      assert.isTrue(steps.some((step) => step.startsWith("install ")))
      assert.isNotEmpty(complaint)
    }),
  )

  it.effect("names whoever kept it from starting", () =>
    Effect.gen(function* () {
      const { ending, holder } = yield* attempt(answerOf(version, "locked.xml"))
      assert.deepStrictEqual([ending, holder?.program], ["locked", "zypper"])
    }),
  )
})

describe("an installation", () => {
  it.effect("has succeeded when the host must restart for it, or zypper run again", () =>
    Effect.gen(function* () {
      for (const exitCode of [0, 102, 103, 106, 107]) {
        assert.strictEqual((yield* attempt(saying(exitCode))).ending, "succeeded", String(exitCode))
      }
      for (const exitCode of [1, 4, 8, 104, 105, 137]) {
        assert.strictEqual((yield* attempt(saying(exitCode))).ending, "failed", String(exitCode))
      }
    }),
  )

  it.effect("blames a package that an error names", () =>
    Effect.gen(function* () {
      const error = `<message type="error">Failed to provide Package lab-plain-1.1-1.noarch (lab).</message>`
      const { complaints } = yield* attempt(saying(8, error))
      assert.deepStrictEqual(
        [...complaints],
        [["lab-plain", "Failed to provide Package lab-plain-1.1-1.noarch (lab)."]],
      )
    }),
  )

  it.effect("is left alone when its time is up", () =>
    Effect.gen(function* () {
      const { ending } = yield* attempt(new SubprocessError({ program: "zypper", reason: "timed_out" }))
      assert.strictEqual(ending, "left")
    }),
  )

  it.effect("never agrees to anything on the administrator's behalf", () =>
    Effect.sync(() => {
      const careful = install(undefined, { targets, allowRemovals: false }, new Set(["lab-plain"])).args
      assert.includeMembers([...careful], ["--non-interactive", "--no-recommends", "--no-force-resolution"])
      assert.includeMembers([...careful], ["lab-plain.noarch=1.1-1", "innocent4=1.1-1"])
      const bold = install(["lab"], { targets, allowRemovals: true }, new Set()).args
      assert.includeMembers([...bold], ["--force-resolution", "--repo", "lab"])
      for (const option of [
        "--auto-agree-with-licenses",
        "--no-gpg-checks",
        "--allow-unsigned-rpm",
        "--replacefiles",
      ]) {
        assert.notInclude([...careful, ...bold], option)
      }
    }),
  )

  it.effect("tells its progress from padded numbers too", () =>
    Effect.sync(() => {
      const line = `<progress id="install-resolvable" name="( 2/22) Installing: kernel-core-6.1.3-1.x86_64"/>`
      assert.deepStrictEqual(progressOf(line), { step: "install", package: "kernel-core", percent: 5 })
      assert.isUndefined(progressOf(`<progress id="x" name="Preparing" value="0"/>`))
    }),
  )
})

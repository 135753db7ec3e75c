import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../../src/domain/Package.ts"
import { objectionOf, problemIn, suspectsOf } from "../../../src/package-manager/zypper/zypperProblems.ts"
import { readStream } from "../../../src/package-manager/zypper/zypperStream.ts"
import { parseSummary } from "../../../src/package-manager/zypper/zypperSummary.ts"
import { answerOf, recorded, type Version, versions } from "./recordedZypper.ts"

const names = (rows: ReadonlyArray<{ readonly name: string }> = []) => rows.map(({ name }) => name)

const decodePackage = Schema.decodeUnknownSync(
  Schema.Struct({ name: PackageName, architecture: Architecture, to: PackageVersion }),
)
const target = (name: string) => decodePackage({ name, architecture: "noarch", to: "1.1-1" })

const asked = Effect.fnUntraced(function* (version: Version, file: string) {
  const result = answerOf(version, file)
  return { result, stream: yield* readStream(result.stdout) }
})

describe.each(versions)("the plan that zypper %s prints", (version) => {
  it.effect("has upgrades, newcomers and what goes, kernels among the newcomers", () =>
    Effect.gen(function* () {
      const summary = parseSummary(yield* readStream(recorded(version, "update.xml")))
      assert.deepStrictEqual(names(summary?.installs), ["kernel", "kernel-core", "lab-new", "lab-newdep-lib"])
      assert.deepStrictEqual(names(summary?.removals), ["lab-old"])
      assert.deepStrictEqual(names(summary?.others), [])
      const changed = summary?.upgrades.find(({ name }) => name === "lab-archchange")
      assert.deepStrictEqual([changed?.architecture, changed?.from?.architecture].map(String), [
        "x86_64",
        "noarch",
      ])
      assert.strictEqual(
        String(summary?.upgrades.find(({ name }) => name === "lab-epoch")?.version),
        "1:1.1-1",
      )
      assert.isAbove(summary?.downloadBytes ?? 0, 0)
      assert.strictEqual(summary?.needsReboot, version === "1.14.42" ? undefined : true)
      assert.strictEqual(summary?.notUnderstood, 0)
    }),
  )

  it.effect("is replaced by a problem, with the reason that stands in the way", () =>
    Effect.gen(function* () {
      const reasons: Record<string, string> = {}
      for (const file of [
        "install-conflict.xml",
        "install-unsat.xml",
        "install-held.xml",
        "install-unknown.xml",
      ]) {
        const { stream, result } = yield* asked(version, file)
        assert.isUndefined(parseSummary(stream))
        const { reason, detail } = objectionOf(stream, result)
        reasons[file] = `${reason}: ${detail}`
      }
      assert.strictEqual(
        reasons["install-conflict.xml"],
        "needs_removal: it would remove lab-victim-1.0-1.noarch",
      )
      assert.match(
        reasons["install-unsat.xml"] ?? "",
        /^conflict: nothing provides '?lab-nowhere'? needed by /,
      )
      assert.match(
        reasons["install-held.xml"] ?? "",
        /^held: remove lock to allow installation of lab-held-1.1-1/,
      )
      assert.match(reasons["install-unknown.xml"] ?? "", /^conflict: No provider of 'lab-plain=9.9-9' found/)
    }),
  )

  it.effect("names those it has no solution for, of several problems too", () =>
    Effect.gen(function* () {
      const { stream, result } = yield* asked(version, "install-both.xml")
      const suspects = suspectsOf(stream, ["lab-conflict", "lab-unsat", "lab-plain"].map(target))
      assert.deepStrictEqual(names(suspects), ["lab-conflict", "lab-unsat"])
      assert.match(problemIn(stream, result), /; and 1 more$/)
    }),
  )

  it.effect("removes what is in the way when it may", () =>
    Effect.gen(function* () {
      const summary = parseSummary(yield* readStream(recorded(version, "install-removing.xml")))
      assert.deepStrictEqual(
        [names(summary?.upgrades), names(summary?.removals)],
        [["lab-conflict"], ["lab-victim"]],
      )
    }),
  )
})

describe("a plan", () => {
  const plan = (lists: string, attributes = `download-size="1" space-usage-diff="-5"`) =>
    Effect.map(
      readStream(
        `<?xml version='1.0'?><stream><install-summary ${attributes}>${lists}</install-summary></stream>`,
      ),
      parseSummary,
    )

  it.effect("counts rows that are not what they should be, and leaves out what has no files", () =>
    Effect.gen(function* () {
      const summary = yield* plan(
        `<to-install><solvable type="patch" name="SUSE-1" edition="1" arch="noarch"/><solvable type="package" name="-rf" edition="1-1" arch="noarch"/><solvable type="package" name="a" edition="1" arch="noarch"/></to-install>`,
      )
      assert.deepStrictEqual(summary?.installs, [])
      assert.strictEqual(summary?.notUnderstood, 2)
      assert.strictEqual(summary?.installedSizeChangeBytes, -5)
    }),
  )

  it.effect("with changes of a kind that nobody knows is not understood", () =>
    Effect.gen(function* () {
      const summary = yield* plan(
        `<to-surprise><solvable type="package" name="a" edition="1-1" arch="noarch"/></to-surprise>`,
      )
      assert.strictEqual(summary?.notUnderstood, 1)
    }),
  )

  it.effect("tells a change of vendor and a step back", () =>
    Effect.gen(function* () {
      const row = `<solvable type="package" name="a" edition="1-1" arch="noarch" edition-old="2-1" arch-old="noarch"/>`
      const summary = yield* plan(
        `<to-downgrade>${row}</to-downgrade><to-change-vendor>${row}</to-change-vendor>`,
      )
      assert.deepStrictEqual(names(summary?.others), ["a"])
      assert.isTrue(summary?.newVendors.has("a"))
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { hasSummary, parseSimulation, stepOf } from "../../../src/package-manager/apk/apkSimulation.ts"
import { generations, recorded } from "./recordings.ts"

const said = (rows: ReadonlyArray<{ name: string; from?: string; to?: string }>) =>
  rows.map(({ name, from = "", to = "" }) => `${name} ${from}>${to}`)

describe("a simulation", () => {
  it.each(generations)("of apk %i tells what moves, comes and goes", (generation) => {
    const found = parseSimulation(recorded(generation, "simulate").stdout)
    assert.deepStrictEqual(said(found.installs), [
      "lab-conf 1.0-r0>1.1-r0",
      "lab-drops 1.0-r0>1.1-r0",
      "lab-less 1.0-r0>1.1-r0",
      "lab-libs 2.0-r0>2.0-r1",
      "lab-newdep-lib >1.0-r0",
      "lab-newdep 1.0-r0>1.1-r0",
      "lab-noarch 1.0-r0>1.1-r0",
      "lab-plain 1.0-r0>1.1-r0",
      "lab-post-upgrade 1.0-r0>1.1-r0",
      "lab-pre-upgrade 1.0-r0>1.1-r0",
      "lab-trigger 1.0-r0>1.1-r0",
    ])
    assert.deepStrictEqual(said(found.removals), ["lab-olddep 1.0-r0>"])
    assert.deepStrictEqual([found.isComplete, found.notUnderstood], [true, 0])
  })

  it.each(generations)("of apk %i tells what else the world makes it do", (generation) => {
    const found = parseSimulation(recorded(generation, "simulate-waiting-world").stdout)
    assert.deepStrictEqual(said(found.downgrades), ["lab-newer 2.0-r0>1.0-r0"])
    assert.deepStrictEqual(said(found.installs), [
      "lab-fussy-lib >1.0-r0",
      "lab-newer 2.0-r0>1.0-r0",
      "lab-plain 1.0-r0>1.1-r0",
    ])
    assert.deepStrictEqual([found.isComplete, found.notUnderstood], [true, 0])
  })

  it.each(generations)(
    "of apk %i is complete although its exit code counts packages broken before",
    (generation) => {
      const result = recorded(generation, "simulate-broken-host")
      assert.notStrictEqual(result.exitCode, 0)
      const found = parseSimulation(result.stdout)
      assert.deepStrictEqual([said(found.installs), found.isComplete], [["lab-libs 2.0-r0>2.0-r1"], true])
    },
  )

  it.each(generations)("of apk %i with nothing to do is complete", (generation) => {
    const found = parseSimulation(recorded(generation, "simulate-nothing").stdout)
    assert.deepStrictEqual([found.installs, found.isComplete, found.notUnderstood], [[], true, 0])
  })

  it.each(generations)("of a repair by apk %i installs the same once more", (generation) => {
    const found = parseSimulation(recorded(generation, "fix-simulate").stdout)
    assert.deepStrictEqual<unknown>(found.reinstalls, ["lab-post-upgrade", "lab-pre-upgrade"])
    assert.deepStrictEqual([found.installs, found.isComplete], [[], true])
  })

  it("is not complete when a step or the end is missing", () => {
    const { stdout } = recorded(3, "simulate")
    const lines = stdout.split("\n")
    for (const kept of [lines.slice(1), lines.slice(0, -2), lines.slice(0, 3)]) {
      assert.isFalse(parseSimulation(kept.join("\n")).isComplete)
    }
    assert.isFalse(hasSummary(recorded(3, "simulate-unsatisfiable").stdout))
  })

  it("counts what it does not understand, and names that may not be passed on", () => {
    const text =
      "(1/3) Upgrading --root (1 -> 2)\n(2/3) Frobbing a (1 -> 2)\nrubbish\n(3/3) Upgrading b (1 -> 2)\n"
    const found = parseSimulation(text)
    assert.deepStrictEqual([said(found.installs), found.notUnderstood], [["b 1>2"], 3])
  })

  it.prop("never fails on any text, nor takes it for a whole answer", [Schema.String], ([text]) => {
    const found = parseSimulation(text)
    assert.isTrue(!found.isComplete || hasSummary(text))
  })
})

describe("a step", () => {
  it("is told from what scripts say", () => {
    const steps = recorded(3, "upgrade-failing-scripts")
      .stdout.split("\n")
      .flatMap((line) => stepOf(line) ?? [])
    assert.deepStrictEqual(
      steps.map(({ name, at, of }) => `${name} ${at}/${of}`),
      ["lab-conf 1/5", "lab-noarch 2/5", "lab-post-upgrade 3/5", "lab-pre-upgrade 4/5", "lab-trigger 5/5"],
    )
  })

  it("is the name of the package without its tag", () => {
    assert.strictEqual(stepOf("(1/1) Upgrading lab-tagged@edge (1.0-r0 -> 2.0-r0)")?.name, "lab-tagged")
  })
})

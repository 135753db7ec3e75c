import { assert, describe, it } from "@effect/vitest"
import { zypperExit, zypperExits } from "../../../src/package-manager/zypper/zypperExit.ts"

const meaning = (exitCode: number) => zypperExit(exitCode).meaning

describe("zypper's exit codes", () => {
  it("count as done where all was done, whatever there is to say about it", () => {
    const done = [0, 6, 100, 101, 102, 103, 106, 107]
    assert.deepStrictEqual(
      done.map(meaning),
      done.map(() => "done"),
    )
  })

  it("tell what is in the way from what went wrong", () => {
    assert.deepStrictEqual([4, 104].map(meaning), ["unsolved", "unsolved"])
    assert.deepStrictEqual([5, 7].map(meaning), ["needs_root", "locked"])
    assert.deepStrictEqual([1, 2, 3, 8, 105].map(meaning), ["failed", "failed", "failed", "failed", "failed"])
  })

  it("are failures when no manual has them", () => {
    assert.deepStrictEqual([9, 99, 137, -1].map(meaning), ["failed", "failed", "failed", "failed"])
  })

  it("have a name each", () => {
    const names = [...zypperExits.values()].map(({ name }) => name)
    assert.strictEqual(new Set(names).size, names.length)
  })
})

import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { compare } from "../../src/version/apk.ts"
import * as vectors from "./apkVectors.ts"
import { suite } from "./orderSuite.ts"

suite(compare, vectors)

const signs = { "-1": "<", "0": "=", "1": ">" } as const

/** Lines of two versions and the sign apk printed for them, below a line that names the program. */
const recording = (name: string) => {
  const text = readFileSync(new URL(`../fixtures/version/${name}.tsv`, import.meta.url), "utf8")
  const [origin = "", ...lines] = text.trimEnd().split("\n")
  const pairs = lines.map((line) => {
    const [a = "", b = "", printed = ""] = line.split("\t")
    return { a, b, printed }
  })
  return {
    origin,
    pairs,
    disputed: pairs.filter(({ a, b, printed }) => signs[`${compare(a, b)}`] !== printed),
  }
}

const numbersBehindDots = (version: string) => /^[0-9.]*/.exec(version)?.[0].split(".").slice(1) ?? []

/** The first numbers behind dots that are not the same both begin with a zero, and one is longer. */
const differInLeadingZeros = ({ a, b }: { readonly a: string; readonly b: string }) => {
  const others = numbersBehindDots(b)
  const at = numbersBehindDots(a).findIndex((number, index) => number !== others[index])
  const pair = [numbersBehindDots(a)[at] ?? "", others[at] ?? ""] as const
  return pair.every((number) => number.startsWith("0")) && pair[0].length !== pair[1].length
}

describe("what apk said", () => {
  it("agrees in apk-tools 3", () => {
    const { origin, pairs, disputed } = recording("apk-3.0.6")
    assert.strictEqual(origin, "# printed by apk-tools 3.0.6, apk version -t")
    assert.lengthOf(pairs, 2400)
    assert.deepStrictEqual(disputed, [])
  })

  it("agrees in apk-tools 2, but for numbers with leading zeros that differ in length", () => {
    const { origin, pairs, disputed } = recording("apk-2.14.10")
    assert.strictEqual(origin, "# printed by apk-tools 2.14.10, apk version -t")
    assert.lengthOf(pairs, 2400)
    assert.isAbove(disputed.length, 0)
    assert.deepStrictEqual(
      disputed.filter((pair) => !differInLeadingZeros(pair)),
      [],
    )
  })
})

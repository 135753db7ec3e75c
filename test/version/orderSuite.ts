import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { triples, type Vectors } from "./nearReal.ts"

type Compare = (a: string, b: string) => -1 | 0 | 1

const negated = (order: -1 | 0 | 1) => (order === 0 ? 0 : -order)

const inEveryOrder = <A>([a, b, c]: readonly [A, A, A]): ReadonlyArray<readonly [A, A, A]> => [
  [a, b, c],
  [a, c, b],
  [b, a, c],
  [b, c, a],
  [c, a, b],
  [c, b, a],
]

const assertTransitive = (compare: Compare, texts: readonly [string, string, string]) => {
  for (const [a, b, c] of inEveryOrder(texts)) {
    const first = compare(a, b)
    const second = compare(b, c)
    if (first > 0 || second > 0) continue
    assert.strictEqual(compare(a, c), Math.min(first, second), JSON.stringify([a, b, c]))
  }
}

/** Texts that are no version anywhere. */
const strange = [
  "",
  "\0",
  "1\0",
  "1\u0000.2",
  " ",
  "\n",
  "1 ",
  "\ud800",
  "1\udc00",
  "\udc00\ud800",
  "😀",
  "1.α",
  "１.０",
  "-",
  "--",
  ":",
  "::",
  "1:",
  ":1",
  "-1",
  "1-",
  "1:-",
  "é:1-1",
  "~",
  "^",
  ".",
  "_",
  "_rc",
  "-r",
  "constructor",
  "__proto__",
]

/** So long that a comparison which is quadratic, or recursive, would not get through in time. */
const long = [
  ...["0", "9"].map((pattern) => ({ pattern, times: 1_000_000 })),
  ...["a", "~", "^", ".", "-", ":", "_", "a1", "1.", "_p1", "~a", "\ud800"].map((pattern) => ({
    pattern,
    times: 50_000,
  })),
]

/**
 * What every version order must be. `transitiveAmong` says among which texts it is one, where the real tool's is not
 * one among all.
 */
export const suite = (
  compare: Compare,
  vectors: Vectors,
  transitiveAmong: (texts: ReadonlyArray<string>) => boolean = () => true,
) => {
  const near = triples(vectors)
  const transitiveTriples = Arbitrary.filter(near, transitiveAmong)
  const options = { arbitrary: { runs: 1000, maxDiscards: 50_000 } }

  describe("compare", () => {
    it.each(vectors.increasing)("%j is older than %j", (older, newer) => {
      assert.strictEqual(compare(older, newer), -1)
      assert.strictEqual(compare(newer, older), 1)
    })

    it.each(vectors.same)("%j equals %j", (one, other) => {
      assert.strictEqual(compare(one, other), 0)
      assert.strictEqual(compare(other, one), 0)
    })

    it.effect.prop(
      "answers the reverse of the reverse question, and 0 for a text and itself",
      [near],
      ([[a, b]]) =>
        Effect.sync(() => {
          assert.strictEqual(compare(a, b), negated(compare(b, a)))
          assert.strictEqual(compare(a, `${a}`), 0)
        }),
      options,
    )

    it.effect.prop(
      "is transitive",
      [transitiveTriples],
      ([texts]) => Effect.sync(() => assertTransitive(compare, texts)),
      options,
    )

    it.effect.prop(
      "takes any text",
      [Schema.String, Schema.String, Schema.String],
      ([a, b, c]) =>
        Effect.sync(() => {
          assert.strictEqual(compare(a, b), negated(compare(b, a)))
          if (transitiveAmong([a, b, c])) assertTransitive(compare, [a, b, c])
        }),
      options,
    )

    it("gives every strange text its place", () => {
      for (const a of [...strange, ...vectors.real]) {
        for (const b of strange) {
          assert.include([-1, 0, 1], compare(a, b))
          assert.strictEqual(compare(a, b), negated(compare(b, a)), JSON.stringify([a, b]))
        }
      }
    })

    it.each(long)("takes $times times $pattern", ({ pattern, times }) => {
      const text = `1-1${pattern.repeat(times)}`
      assert.strictEqual(compare(text, `${text}.1`), negated(compare(`${text}.1`, text)))
    })
  })
}

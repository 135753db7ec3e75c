import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { compare } from "../../src/version/deb.ts"
import { increasing, same } from "./debVectors.ts"

/** Texts in which the separators and the characters of Policy 5.6.12 are frequent. */
const Versionish = Schema.Array(
  Schema.Literals([
    "0",
    "1",
    "9",
    "10",
    "00",
    "a",
    "Z",
    "~",
    "+",
    ".",
    "-",
    ":",
    "~~",
    "18446744073709551616",
    "deb",
  ]),
).pipe(Schema.check(Schema.isMaxLength(8)))
type Versionish = typeof Versionish.Type

const text = (parts: Versionish) => parts.join("")

const negated = (order: -1 | 0 | 1) => (order === 0 ? 0 : -order)

describe("compare", () => {
  it.each(increasing)("%s is older than %s", (older, newer) => {
    assert.strictEqual(compare(older, newer), -1)
    assert.strictEqual(compare(newer, older), 1)
  })

  it.each(same)("%s equals %s", (one, other) => {
    assert.strictEqual(compare(one, other), 0)
    assert.strictEqual(compare(other, one), 0)
  })

  it.effect.prop("answers the reverse of the reverse question", [Versionish, Versionish], ([a, b]) =>
    Effect.sync(() => assert.strictEqual(compare(text(a), text(b)), negated(compare(text(b), text(a))))),
  )

  it.effect.prop("is transitive", [Versionish, Versionish, Versionish], ([a, b, c]) =>
    Effect.sync(() => {
      const [low = "", middle = "", high = ""] = [a, b, c].map(text).toSorted(compare)
      assert.isAtMost(compare(low, middle), 0)
      assert.isAtMost(compare(middle, high), 0)
      assert.isAtMost(compare(low, high), 0)
    }),
  )

  it.effect.prop("takes any text", [Schema.String, Schema.String], ([a, b]) =>
    Effect.sync(() => {
      assert.strictEqual(compare(a, a), 0)
      assert.strictEqual(compare(a, b), negated(compare(b, a)))
    }),
  )

  it.effect.prop(
    "puts a pre-release before and a suffix after",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))],
    ([number]) =>
      Effect.sync(() => {
        assert.strictEqual(compare(`${number}~rc1`, `${number}`), -1)
        assert.strictEqual(compare(`${number}`, `${number}+deb12u1`), -1)
        assert.strictEqual(compare(`${number}`, `${number + 1}`), -1)
      }),
  )
})

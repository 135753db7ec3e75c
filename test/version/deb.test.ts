import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { compare } from "../../src/version/deb.ts"
import * as vectors from "./debVectors.ts"
import { suite } from "./orderSuite.ts"

suite(compare, vectors)

it.effect.prop(
  "a pre-release comes before, a suffix after, the next number last",
  [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))],
  ([number]) =>
    Effect.sync(() => {
      assert.strictEqual(compare(`${number}~rc1`, `${number}`), -1)
      assert.strictEqual(compare(`${number}`, `${number}+deb12u1`), -1)
      assert.strictEqual(compare(`${number}`, `${number + 1}`), -1)
    }),
)

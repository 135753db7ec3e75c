import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { largestPossible } from "../../src/package-manager/largestPossible.ts"

/** A set is possible unless it holds one of the culprits. Counts its trials. */
const without = (culprits: ReadonlySet<number>) => {
  let trials = 0
  const attempt = (members: ReadonlyArray<number>) =>
    Effect.sync(() => {
      trials += 1
      const guilty = members.find((member) => culprits.has(member))
      return guilty === undefined
        ? { possible: true as const, answer: members.length }
        : { possible: false as const, objection: `${guilty} is to blame` }
    })
  return { attempt, trials: () => trials }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

describe("largestPossible", () => {
  it.effect("asks once when nothing is wrong", () =>
    Effect.gen(function* () {
      const { attempt, trials } = without(new Set())
      const found = yield* largestPossible(numbers(1000), 100, attempt)
      assert.deepStrictEqual(found, { members: numbers(1000), answer: 1000, dropped: [], untried: [] })
      assert.strictEqual(trials(), 1)
    }),
  )

  it.effect("asks nothing of an empty set", () =>
    Effect.gen(function* () {
      const { attempt, trials } = without(new Set())
      const found = yield* largestPossible([], 100, attempt)
      assert.deepStrictEqual([found.members, found.answer, trials()], [[], undefined, 0])
    }),
  )

  it.effect("finds one culprit among a thousand in about twenty trials", () =>
    Effect.gen(function* () {
      const { attempt, trials } = without(new Set([617]))
      const found = yield* largestPossible(numbers(1000), 100, attempt)
      assert.strictEqual(found.members.length, 999)
      assert.deepStrictEqual(found.dropped, [{ member: 617, objection: "617 is to blame" }])
      assert.isAtMost(trials(), 21)
    }),
  )

  it.effect.prop(
    "drops exactly the culprits, and its answer is the one for what it kept",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 39 })))],
    ([culprits]) =>
      Effect.gen(function* () {
        const guilty = new Set(culprits)
        const found = yield* largestPossible(numbers(40), 1000, without(guilty).attempt)
        assert.deepStrictEqual(
          found.members,
          numbers(40).filter((member) => !guilty.has(member)),
        )
        assert.deepStrictEqual(
          found.dropped.map(({ member }) => member),
          numbers(40).filter((member) => guilty.has(member)),
        )
        if (found.members.length > 0) assert.strictEqual(found.answer, found.members.length)
      }),
  )

  it.effect("of two that exclude each other keeps the first", () =>
    Effect.gen(function* () {
      const found = yield* largestPossible(["a", "b", "c"], 10, (members) =>
        Effect.succeed(
          members.includes("a") && members.includes("c")
            ? { possible: false as const, objection: "" }
            : { possible: true as const, answer: 0 },
        ),
      )
      assert.deepStrictEqual(found.members, ["a", "b"])
    }),
  )

  it.effect("tries suspects alone and last, and keeps the innocent ones", () =>
    Effect.gen(function* () {
      const { attempt, trials } = without(new Set([617, 900]))
      const suspects = [5, 617, 900]
      const found = yield* largestPossible(numbers(1000), 100, (members) =>
        Effect.map(attempt(members), (trial) => ({ ...trial, suspects })),
      )
      assert.deepStrictEqual(
        found.dropped.map(({ member }) => member),
        [617, 900],
      )
      assert.strictEqual(found.members.length, 998)
      assert.include(found.members, 5)
      assert.strictEqual(trials(), 5)
    }),
  )

  it.effect("ends after the trials it was given, and says what it did not get to", () =>
    Effect.gen(function* () {
      const { attempt, trials } = without(new Set(numbers(64)))
      const found = yield* largestPossible(numbers(64), 20, attempt)
      assert.strictEqual(trials(), 20)
      assert.deepStrictEqual([...found.dropped.map(({ member }) => member), ...found.untried], numbers(64))
    }),
  )
})

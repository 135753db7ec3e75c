import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { compare } from "../../src/version/deb.ts"
import { increasing, same } from "../version/debVectors.ts"
import * as Box from "./lab/Box.ts"

// Our order of versions against dpkg's own.

const parts = (maximum: number) =>
  Schema.Array(
    Schema.Literals([
      "0",
      "1",
      "9",
      "10",
      "00",
      "a",
      "Z",
      "~",
      "~~",
      "+",
      ".",
      "deb12u",
      "18446744073709551616",
    ]),
  ).check(Schema.isMaxLength(maximum))

/** Two versions with a beginning in common: pairs without one rarely get past their first character. */
const Pair = Schema.Struct({
  epoch: Schema.Literals(["", "0:", "1:"]),
  common: parts(3),
  tails: Schema.Tuple([parts(2), parts(2)]),
  revisions: Schema.Tuple([parts(2), parts(2)]),
})

/** dpkg refuses an empty revision, and a version that does not begin with a digit. */
const version = (beginning: string, tail: ReadonlyArray<string>, revision: ReadonlyArray<string>) =>
  `${beginning}${tail.join("")}${revision.length === 0 ? "" : `-${revision.join("")}`}`

const operators = { "-1": "lt", "0": "eq", "1": "gt" } as const

const question = (a: string, b: string) => `${a} ${operators[`${compare(a, b)}`]} ${b}`

/** Prints the statements about versions, one a line on stdin, that dpkg does not agree with. */
const oracle = `while read -r a op b; do dpkg --compare-versions "$a" "$op" "$b" || printf '%s %s %s\\n' "$a" "$op" "$b"; done`

const disputed = Effect.fnUntraced(function* (statements: ReadonlyArray<string>) {
  const box = yield* Box.make("bookworm-lab")
  const { stdout } = yield* box.run(["bash", "-c", oracle], {
    stdin: statements.map((statement) => `${statement}\n`).join(""),
    timeout: "120 seconds",
  })
  return stdout
})

describe("dpkg agrees", () => {
  it.live("with every pair of the unit tests", () =>
    Effect.gen(function* () {
      const statements = [
        ...increasing.map(([older, newer]) => `${older} lt ${newer}`),
        ...same.map(([one, other]) => `${one} eq ${other}`),
      ]
      assert.strictEqual(yield* disputed(statements), "")
    }),
  )

  it.live("with ours on 2,000 pairs that nobody thought of", () =>
    Effect.gen(function* () {
      const pairs = yield* Arbitrary.sampleEffect(Arbitrary.schema(Pair), { count: 2000, size: 4 })
      const statements = pairs.map(({ epoch, common, tails, revisions }) => {
        const beginning = `${epoch}1${common.join("")}`
        return question(
          version(beginning, tails[0], revisions[0]),
          version(beginning, tails[1], revisions[1]),
        )
      })
      assert.isAbove(new Set(statements).size, 500)
      assert.strictEqual(yield* disputed(statements), "")
    }),
  )
})

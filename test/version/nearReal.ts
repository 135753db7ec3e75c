import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

/** What the tests of one manager's order are made of, by hand. The system tests ask the real tool the same. */
export interface Vectors {
  /** Pairs in rising order, by what they show. */
  readonly increasing: ReadonlyArray<readonly [older: string, newer: string]>
  readonly same: ReadonlyArray<readonly [string, string]>
  /** Versions as archives have them; generated texts are a few edits away from one. */
  readonly real: ReadonlyArray<string>
  /** What an edit puts in: single characters with a meaning, runs of them, numbers beyond 64 bit. */
  readonly pieces: ReadonlyArray<string>
}

interface Edit {
  readonly at: number
  readonly removes: number
  readonly piece: string
}

const edited = (text: string, edits: ReadonlyArray<Edit>): string =>
  edits.reduce(
    (before, { at, removes, piece }) => before.slice(0, at) + piece + before.slice(at + removes),
    text,
  )

/**
 * Three texts a few edits apart, as independent ones rarely get past their first difference. Half of them start from
 * nothing instead of a real version.
 */
export const triples = ({
  real,
  pieces,
}: Vectors): Arbitrary.Arbitrary<readonly [string, string, string]> => {
  const edit = Arbitrary.schema(
    Schema.Struct({
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
      removes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 })),
      piece: Schema.Literals(["", ...pieces]),
    }),
  )
  const edits = Arbitrary.array(edit, { maxLength: 3 })
  return Arbitrary.map(
    Arbitrary.all({
      start: Arbitrary.schema(Schema.Literals([...real, ...real.map(() => "")])),
      together: edits,
      apart: Arbitrary.all([edits, edits, edits]),
    }),
    ({ start, together, apart: [a, b, c] }) => {
      const base = edited(start, together)
      return [edited(base, a), edited(base, b), edited(base, c)] as const
    },
  )
}

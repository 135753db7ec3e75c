import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import type { Row, StoreError } from "../../store/Database.ts"
import { PersistenceError } from "../persistence/PersistenceError.ts"

/** Runs one statement of a transaction. */
export type Run = (sql: string, ...values: ReadonlyArray<string | number>) => ReadonlyArray<Row>

/** SQLite's failures, and rows that are not what was stored, in the words of the contracts. */
export const toPersistenceError = (error: StoreError | Schema.SchemaError): PersistenceError =>
  new PersistenceError({ reason: error._tag === "StoreError" ? error.reason : "damaged", cause: error })

/** A column that was never set is absent, as it is in the documents. */
export const withoutNulls = Record.filter((value: unknown) => value !== null)

/** Decodes rows whose columns are named after the fields of `row`. */
export const rowsOf = <Row extends Schema.ConstraintDecoder<unknown>>(row: Row) => {
  const decode = Schema.decodeUnknownEffect(Schema.Array(row))
  return <R>(
    rows: Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>, StoreError, R>,
  ): Effect.Effect<ReadonlyArray<Row["Type"]>, PersistenceError, R> =>
    rows.pipe(
      Effect.flatMap((found) => decode(found.map(withoutNulls))),
      Effect.mapError(toPersistenceError),
    )
}

/** The first row, if there is one. */
export const firstRow = <A, E, R>(
  rows: Effect.Effect<ReadonlyArray<A>, E, R>,
): Effect.Effect<Option.Option<A>, E, R> => Effect.map(rows, (all) => Option.fromNullishOr(all[0]))

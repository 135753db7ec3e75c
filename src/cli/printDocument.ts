import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Prints one JSON document, encoded by its schema, as the only thing on stdout. */
export const printDocument = <A, I>(schema: Schema.Codec<A, I>) => {
  const encode = Schema.encodeEffect(Schema.fromJsonString(schema))
  return (value: A): Effect.Effect<void> => Effect.flatMap(Effect.orDie(encode(value)), Console.log)
}

import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Flag from "effect/cli/Flag"

export const jsonFlag = Flag.Boolean("json").pipe(
  Flag.withDescription("Print one JSON document"),
  Flag.withDefault(false),
)

/** Prints a value as one JSON document, or as the text made of it. */
export const printer = <A, I>(schema: Schema.Codec<A, I>, text: (value: A) => string) => {
  const encode = Schema.encodeSync(Schema.fromJsonString(schema))
  return (value: A, json: boolean): Effect.Effect<void> => Console.log(json ? encode(value) : text(value))
}

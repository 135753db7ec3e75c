import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { jsonFault } from "../../src/config/jsonFault.ts"

const parse = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))
const stringify = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

/** JSON with one character taken out, put in or replaced, which is what typing errors make of it. */
const Mutation = Schema.Struct({
  document: Schema.Json,
  at: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  drop: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 })),
  insert: Schema.Literals(["", ",", "}", "]", '"', ":", "0", "-", "\n", "\\", "e", "\u0001", "\u2028", "'"]),
})

const fault = (line: number, column: number, expected: string) => ({ line, column, expected })

describe("jsonFault", () => {
  it("finds nothing wrong with JSON", () => {
    assert.isUndefined(jsonFault(' {"a": [1, -2.5e3, true, null, "\\u00e9\\n"], "b": {}, "c": []}\r\n'))
  })

  it("points at the line and column where the text stops being JSON", () => {
    assert.deepStrictEqual(
      jsonFault('{\n  "license_key": "x",\n}'),
      fault(3, 1, "a key in double quotes is missing: no comma may precede }"),
    )
    assert.deepStrictEqual(
      jsonFault('{\n  "license_key": "x"\n  "pins": []\n}'),
      fault(3, 3, "a comma or the closing bracket is missing"),
    )
    assert.deepStrictEqual(
      jsonFault("{'license_key': 1}"),
      fault(1, 2, "a key in double quotes or } is missing"),
    )
    assert.deepStrictEqual(jsonFault('{"a" 1}'), fault(1, 6, "a colon is missing after the key"))
    assert.deepStrictEqual(
      jsonFault('{"a": pk_live_x}'),
      fault(1, 7, "a value is missing or not understood: text needs double quotes"),
    )
    assert.deepStrictEqual(
      jsonFault('[x, "a"]'),
      fault(1, 2, "a value or ] is missing: text needs double quotes"),
    )
    assert.deepStrictEqual(jsonFault("{}{}"), fault(1, 3, "nothing may follow the closing bracket"))
    assert.deepStrictEqual(
      jsonFault(""),
      fault(1, 1, "a value is missing or not understood: text needs double quotes"),
    )
  })

  it.prop("agrees with the parser on any text", [Schema.String], ([text]) => {
    assert.strictEqual(jsonFault(text) === undefined, Result.isSuccess(parse(text)))
  })

  it.prop(
    "agrees with the parser on damaged JSON",
    [Mutation],
    ([{ document, at, drop, insert }]) => {
      const whole = stringify(document)
      const cut = Math.floor(at * whole.length)
      const text = whole.slice(0, cut) + insert + whole.slice(cut + drop)
      assert.strictEqual(jsonFault(text) === undefined, Result.isSuccess(parse(text)), text)
    },
    { arbitrary: { runs: 500 } },
  )
})

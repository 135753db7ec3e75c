import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ambiguity } from "../../src/executor/strictJson.ts"

describe("ambiguity", () => {
  it.each([
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}'],
    ['{"a":"a","b":"\\"a\\":1,\\"a\\":2"}'],
    ['["a","a",{"a":"a"}]'],
    ["1"],
    [""],
  ])("finds none in %s", (text) => {
    assert.isUndefined(ambiguity(text))
  })

  it.each([
    ['{"a":1,"a":1}'],
    ['{"a":1,"\\u0061":2}'],
    ['{"a":{"b":1},"a":2}'],
    ['[{"x":[1,{"a":1,"b":2,"a":3}]}]'],
    ['{"":1,"":2}'],
    ['{"__proto__":1,"__proto__":2}'],
  ])("finds the key that comes twice in %s", (text) => {
    assert.strictEqual(ambiguity(text), "has a key more than once")
  })

  it("allows no more than 16 levels", () => {
    const nested = (levels: number) => `${'{"a":['.repeat(levels / 2)}${"]}".repeat(levels / 2)}`
    assert.isUndefined(ambiguity(nested(16)))
    assert.isDefined(ambiguity(nested(18)))
  })

  it("takes time by length alone, whatever the text", () => {
    for (const piece of ['"', '"\\', '\\"', '":', '{"', '"a":', ': |"', "\\", '"\\u00', '{"a":1,']) {
      const text = piece.repeat(200_000)
      const started = process.threadCpuUsage()
      ambiguity(text)
      const { user, system } = process.threadCpuUsage(started)
      assert.isBelow((user + system) / 1000, 1000, piece)
    }
  })

  it.prop("finds none in what was written from a value", [Schema.Json], ([value]) => {
    const text = JSON.stringify(value)
    return ambiguity(text) === undefined || ambiguity(text)?.startsWith("is nested") === true
  })
})

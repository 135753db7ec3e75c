import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { retryAfterSeconds } from "../../../src/transport/https/retryAfter.ts"

const now = DateTime.makeUnsafe("2026-11-22T12:00:00Z")

describe("Retry-After", () => {
  for (const [value, seconds] of [
    ["0", 0],
    ["7", 7],
    ["86401", 86_400],
    ["9999999999", 86_400],
    ["Sun, 22 Nov 2026 12:01:30 GMT", 90],
    ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
    ["Mon, 22 Nov 2027 12:00:00 GMT", 86_400],
    ["Sun, 99 Nov 2026 12:01:30 GMT", undefined],
    ["2026-11-22T12:01:30Z", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["99999999999", undefined],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ] as const) {
    it(`${value} is ${seconds} seconds`, () => {
      assert.strictEqual(retryAfterSeconds(value, now), seconds)
    })
  }

  it.prop(
    "is a whole number of seconds up to a day, or nothing, whatever the field holds",
    [Schema.String],
    ([value]) => {
      const seconds = retryAfterSeconds(value, now)
      assert(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400))
    },
  )
})

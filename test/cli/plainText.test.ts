import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { counted, oneLine } from "../../src/cli/plainText.ts"
import { textTable } from "../../src/cli/textTable.ts"
import { durationText, instantText, relativeText } from "../../src/cli/timeText.ts"

const now = DateTime.makeUnsafe("2026-11-22T12:00:00Z")

describe("oneLine", () => {
  it("takes line breaks, escape sequences and direction marks out of foreign text", () => {
    assert.strictEqual(oneLine("a\r\n\tb \u{1b}[31mred\u{202e}\u{9b}1mc\n"), "a b [31mred 1mc")
  })
})

describe("counted", () => {
  it("knows the plural", () => {
    assert.deepStrictEqual(
      [0, 1, 2].map((count) => counted(count, "update")),
      ["0 updates", "1 update", "2 updates"],
    )
  })
})

describe("textTable", () => {
  it("aligns columns without borders or trailing space", () => {
    assert.strictEqual(
      textTable(
        ["A", "LONG"],
        [
          ["one", "x"],
          ["two words", ""],
        ],
      ),
      ["A          LONG", "one        x", "two words"].join("\n"),
    )
  })
})

describe("durationText", () => {
  it("names the two largest units", () => {
    assert.deepStrictEqual([-1, 0, 0.4, 59.6, 61, 7500, 7200, 90_061, 86_400].map(durationText), [
      "0 s",
      "0 s",
      "0 s",
      "1 min",
      "1 min 1 s",
      "2 h 5 min",
      "2 h",
      "1 d 1 h",
      "1 d",
    ])
  })
})

describe("relativeText", () => {
  it("looks both ways from now", () => {
    assert.strictEqual(relativeText(DateTime.makeUnsafe("2026-11-22T11:57:00Z"), now), "3 min ago")
    assert.strictEqual(relativeText(DateTime.makeUnsafe("2026-11-22T12:02:00Z"), now), "in 2 min")
  })
})

describe("instantText", () => {
  it("is ISO 8601 for people", () => {
    assert.strictEqual(instantText(now), "2026-11-22 12:00:00 UTC")
  })
})

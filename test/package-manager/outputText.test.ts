import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { endOf, evidenceText, lastWords, plainText, shortened } from "../../src/package-manager/outputText.ts"

describe("outputText", () => {
  it("removes escape codes, control characters and what a carriage return overwrote", () => {
    const text =
      "(Reading ... 5%\r(Reading ... 100%\r\n\u001b[1;32mbold\u001b[0m\u001b]0;title\u0007 \u0000end\r\n"
    assert.strictEqual(plainText(text), "(Reading ... 100%\nbold end\n")
  })

  it.prop("leaves no control character but tab and newline, whatever the text", [Schema.String], ([text]) => {
    assert.notMatch(plainText(text), /[^\P{Cc}\t\n\u0080-\u009f]/u)
  })

  it("cuts from the right end and shows that it did", () => {
    assert.strictEqual(endOf("abcdef", 4), "…def")
    assert.strictEqual(shortened("abcdef", 4), "abc…")
    assert.strictEqual(shortened("abcd", 4), "abcd")
  })

  it("takes stderr for a program's last words, and stdout where that is empty", () => {
    assert.strictEqual(lastWords({ stdout: "out", stderr: "one\ntwo\n" }), "one two")
    assert.strictEqual(lastWords({ stdout: "only\nout\n", stderr: " \n" }), "only out")
  })

  it("keeps the ends of both streams as evidence, within its bound", () => {
    assert.strictEqual(evidenceText({ stdout: "done\n", stderr: "warned\n" }), "done\nwarned")
    const long = evidenceText({ stdout: "o".repeat(9000), stderr: "e".repeat(9000) })
    assert.isAtMost(long.length, 4096)
    assert.match(long, /o+\n…e+$/)
  })
})

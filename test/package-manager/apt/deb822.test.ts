import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseStanzas } from "../../../src/package-manager/apt/deb822.ts"

const stanzas = (text: string) => parseStanzas(text).map((stanza) => Object.fromEntries(stanza))

describe("parseStanzas", () => {
  it("separates stanzas by empty lines, however many", () => {
    assert.deepEqual(stanzas("\nPackage: a\nVersion: 1\n\n \n\nPackage: b\r\nVersion: 1:2-3\r\n"), [
      { package: "a", version: "1" },
      { package: "b", version: "1:2-3" },
    ])
  })

  it("joins continued lines", () => {
    assert.deepEqual(stanzas("Description: short\n long,\n .\n\tmore\nTag:\n one,\n two\n"), [
      { description: "short\nlong,\n.\nmore", tag: "\none,\ntwo" },
    ])
  })

  it("keeps the first field of a name and drops comments and noise", () => {
    assert.deepEqual(stanzas("#Package: no\nPackage: a\npackage: b\n hidden\nnoise\n tail\nSource: c\n"), [
      { package: "a", source: "c" },
    ])
  })

  it.effect.prop("never throws", [Schema.String], ([text]) =>
    Effect.sync(() => assert.isAtMost(parseStanzas(text).length, text.split("\n").length)),
  )
})

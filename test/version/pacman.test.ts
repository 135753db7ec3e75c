import { assert, describe, it } from "@effect/vitest"
import { parse } from "../../src/version/evr.ts"
import { compare } from "../../src/version/pacman.ts"
import { suite } from "./orderSuite.ts"
import * as vectors from "./pacmanVectors.ts"

/** All with a release or all without, and no version or release that ends in a separator. */
const transitiveAmong = (texts: ReadonlyArray<string>) => {
  const parts = texts.map(parse)
  return (
    new Set(parts.map(({ release }) => release === undefined)).size === 1 &&
    parts.every(({ version, release = "" }) => ![version, release].some((part) => /[^0-9A-Za-z]$/.test(part)))
  )
}

suite(compare, vectors, transitiveAmong)

describe("where vercmp is no order", () => {
  it("holds a version without a release for equal to releases that differ", () => {
    assert.deepStrictEqual(
      [compare("1.0-1", "1.0"), compare("1.0", "1.0-2"), compare("1.0-1", "1.0-2")],
      [0, 0, -1],
    )
  })

  it("goes round in circles behind a separator at the end", () => {
    assert.deepStrictEqual(
      [compare("1.a..b", "1.a.."), compare("1.a..", "1.a.1"), compare("1.a.1", "1.a..b")],
      [-1, -1, -1],
    )
  })
})

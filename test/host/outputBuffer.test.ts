import { assert, describe, it } from "@effect/vitest"
import { keepFirst, keepLast, splitLines } from "../../src/host/outputBuffer.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** The text in pieces of `size` bytes, which cuts characters of more than one byte. */
const pieces = (text: string, size: number) => {
  const all = bytes(text)
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  )
}

describe("outputBuffer", () => {
  it("keeps the first bytes and says that it dropped the rest", () => {
    const buffer = keepFirst(5)
    for (const chunk of pieces("abcdefgh", 3)) buffer.add(chunk)
    assert.strictEqual(buffer.text(), "abcde")
    assert.isTrue(buffer.truncated())
  })

  it("drops nothing at exactly the limit", () => {
    for (const buffer of [keepFirst(4), keepLast(4)]) {
      buffer.add(bytes("abcd"))
      assert.strictEqual(buffer.text(), "abcd")
      assert.isFalse(buffer.truncated())
    }
  })

  it("keeps the last bytes whatever the chunk sizes", () => {
    for (const size of [1, 2, 3, 7, 100]) {
      const buffer = keepLast(5)
      for (const chunk of pieces("abcdefghijkl", size)) buffer.add(chunk)
      assert.strictEqual(buffer.text(), "hijkl")
      assert.isTrue(buffer.truncated())
    }
  })

  it("puts characters together across chunks, and does not fail on bytes that are no UTF-8", () => {
    const buffer = keepFirst(100)
    for (const chunk of pieces("größe €", 1)) buffer.add(chunk)
    buffer.add(Uint8Array.of(0xff, 0x41))
    assert.strictEqual(buffer.text(), "größe €\ufffdA")
  })

  it("splits into the same lines however the chunks are cut", () => {
    const text = "one\r\ntwo ü\n\nfour"
    for (let size = 1; size < 20; size++) {
      const split = splitLines()
      assert.deepStrictEqual(
        pieces(text, size).flatMap((chunk) => split(chunk)),
        ["one", "two ü", ""],
      )
    }
  })

  it("gives the beginning of a line that is too long and goes on with the next", () => {
    const split = splitLines(4)
    assert.deepStrictEqual(
      pieces("abcdefgh\nij\n", 3).flatMap((chunk) => split(chunk)),
      ["abcd", "ij"],
    )
  })
})

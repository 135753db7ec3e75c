import { assert, describe, it } from "@effect/vitest"
import { median, percentile, slope } from "../../bench/measure/statistics.ts"

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

describe("percentile", () => {
  it("is the value that as many do not exceed", () => {
    assert.strictEqual(percentile(hundred, 50), 50)
    assert.strictEqual(percentile(hundred, 99), 99)
    assert.strictEqual(percentile(hundred, 100), 100)
    assert.strictEqual(percentile([7], 99), 7)
  })

  it("is no number when nothing was measured", () => {
    assert.isNaN(percentile([], 99))
  })
})

describe("median", () => {
  it("is the middle value, or the mean of the two", () => {
    assert.strictEqual(median([9, 1, 5]), 5)
    assert.strictEqual(median([4, 1, 100, 2]), 3)
    assert.isNaN(median([]))
  })
})

describe("slope", () => {
  const line = (rise: number, noise: ReadonlyArray<number>) =>
    noise.map((offset, index) => ({ x: index, y: 1000 + rise * index + offset }))

  it("finds a rise under noise that cancels out", () => {
    assert.closeTo(slope(line(3, [0, 0, 0, 0])), 3, 1e-9)
    assert.closeTo(slope(line(3, [1, -2, 2, -1, 0, 1, -2, 1])), 3, 0.3)
    assert.closeTo(slope(line(-2, [5, 5, 5])), -2, 1e-9)
  })

  it("is 0 where there is no line", () => {
    assert.strictEqual(slope([]), 0)
    assert.strictEqual(slope([{ x: 1, y: 5 }]), 0)
  })
})

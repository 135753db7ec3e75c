import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { exchange, type ExchangeState, type Presented } from "../../src/control-plane/exchangeToken.ts"
import { noon } from "./samples.ts"

const beat = (exchangeToken: string, minute: number): Presented => ({
  exchangeToken,
  sentAt: DateTime.add(noon, { minutes: minute }),
})

const enrolled: ExchangeState = { current: "t0", cloneSuspected: false }

describe("exchange", () => {
  it("hands out a new token for the current one", () => {
    const next = exchange(enrolled, beat("t0", 0), "t1")
    assert.strictEqual(next.current, "t1")
    assert.strictEqual(next.previous, "t0")
    assert.isFalse(next.cloneSuspected)
  })

  it("forgives any number of lost replies", () => {
    const once = exchange(enrolled, beat("t0", 0), "t1")
    const twice = exchange(once, beat("t0", 1), "t2")
    const thrice = exchange(twice, beat("t0", 2), "t3")
    const arrived = exchange(thrice, beat("t3", 3), "t4")
    assert.strictEqual(thrice.current, "t3")
    assert.strictEqual(arrived.current, "t4")
    assert.isFalse(arrived.cloneSuspected)
  })

  it("answers a beat that was overtaken by its own repetition without suspicion", () => {
    const repeated = exchange(enrolled, beat("t0", 1), "t1")
    const overtaken = exchange(repeated, beat("t0", 0), "t2")
    const next = exchange(overtaken, beat("t1", 2), "t3")
    assert.strictEqual(overtaken.current, "t1")
    assert.isFalse(next.cloneSuspected)
  })

  it("notices two hosts that beat strictly in turn", () => {
    // Both start from the same copied state, which holds t0.
    const original = exchange(enrolled, beat("t0", 0), "t1")
    const copy = exchange(original, beat("t0", 0.5), "t2")
    const originalAgain = exchange(copy, beat("t1", 5), "t3")
    assert.isFalse(copy.cloneSuspected)
    assert.isTrue(originalAgain.cloneSuspected)
    assert.strictEqual(originalAgain.current, "t2", "and goes on answering")
  })

  it("notices a copy that was switched on later", () => {
    const moved = exchange(exchange(enrolled, beat("t0", 0), "t1"), beat("t1", 5), "t2")
    assert.isTrue(exchange(moved, beat("t0", 6), "t3").cloneSuspected)
  })

  it("keeps a suspicion", () => {
    const suspected = { ...enrolled, cloneSuspected: true }
    assert.isTrue(exchange(suspected, beat("t0", 0), "t1").cloneSuspected)
  })

  it("heals after the agent's clock was set back", () => {
    const ahead = exchange(enrolled, beat("t0", 600), "t1")
    const back = exchange(ahead, beat("t1", 0), "t2")
    const lost = exchange(back, beat("t1", 5), "t3")
    assert.strictEqual(lost.current, "t3")
    assert.isFalse(lost.cloneSuspected)
  })
})

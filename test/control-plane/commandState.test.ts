import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { commandState } from "../../src/control-plane/commandState.ts"
import { noon } from "./samples.ts"

const waiting = { finished: false, delivered: false, running: false, expiresAt: noon }
const before = DateTime.subtract(noon, { seconds: 1 })

describe("commandState", () => {
  it("is queued, then delivered", () => {
    assert.strictEqual(commandState(waiting, before), "queued")
    assert.strictEqual(commandState({ ...waiting, delivered: true }, before), "delivered")
  })

  it("expires when its time comes, delivered or not", () => {
    assert.strictEqual(commandState(waiting, noon), "expired")
    assert.strictEqual(commandState({ ...waiting, delivered: true }, noon), "expired")
  })

  it("does not expire while it runs", () => {
    assert.strictEqual(commandState({ ...waiting, delivered: true, running: true }, noon), "delivered")
  })

  it("is finished by a result however late", () => {
    assert.strictEqual(commandState({ ...waiting, finished: true }, noon), "finished")
  })
})

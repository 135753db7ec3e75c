import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { isOnline } from "../../src/control-plane/HeartbeatInterval.ts"
import { noon } from "./samples.ts"

const after = (seconds: number) => DateTime.add(noon, { seconds })

describe("isOnline", () => {
  it("lasts for two intervals after a beat", () => {
    assert.isTrue(isOnline(noon, after(600), 300))
    assert.isFalse(isOnline(noon, after(601), 300))
  })

  it("needs a first beat", () => {
    assert.isFalse(isOnline(undefined, noon, 300))
  })
})

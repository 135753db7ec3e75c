import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { ReleaseVersion } from "../../src/domain/Release.ts"
import { provingAttempts, resumption } from "../../src/self-update/resumption.ts"
import type { UpdateStep } from "../../src/self-update/UpdateState.ts"

const from = ReleaseVersion.make("1.0.0")
const to = ReleaseVersion.make("1.1.0")
const other = ReleaseVersion.make("1.0.7")

const next = (name: UpdateStep["name"], inUse: ReleaseVersion | undefined, attempts = 1) =>
  resumption({ name, from, to, attempts }, Option.fromNullishOr(inUse)).kind

describe("an update that was cut short", () => {
  it("is forgotten where the old version was still in use", () => {
    assert.strictEqual(next("switching", from), "forget")
  })

  it("goes on where the new one was in use, as often as it may", () => {
    assert.strictEqual(next("switching", to, 0), "prove")
    assert.strictEqual(next("proving", to, provingAttempts - 1), "prove")
    assert.strictEqual(next("proving", to, provingAttempts), "return")
  })

  it("goes back where it was on its way back, however far it had come", () => {
    assert.strictEqual(next("returning", to), "return")
    assert.strictEqual(next("returning", from), "return")
    assert.strictEqual(next("proving", from), "return")
  })

  it("is forgotten where somebody has put another version to use meanwhile", () => {
    for (const name of ["switching", "proving", "returning"] as const) {
      assert.strictEqual(next(name, other), "forget")
      assert.strictEqual(next(name, undefined), "forget")
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import { ReleaseVersion } from "../../src/domain/Release.ts"
import { chooseRelease } from "../../src/self-update/chooseRelease.ts"

const releases = (...versions: ReadonlyArray<string>) =>
  versions.map((version) => ({ version: ReleaseVersion.make(version) }))

/** In one word: the version to take, or why none. */
const chosen = (current: string, there: ReadonlyArray<string>, failed?: string) => {
  const choice = chooseRelease(
    releases(...there),
    ReleaseVersion.make(current),
    failed === undefined ? undefined : ReleaseVersion.make(failed),
  )
  return choice.kind === "take" ? choice.release.version : choice.kind
}

describe("the release to take", () => {
  it("is the newest above the one in use", () => {
    assert.strictEqual(chosen("1.9.0", ["1.10.0", "1.2.0", "1.9.1"]), "1.10.0")
    assert.strictEqual(chosen("1.10.0", ["1.10.0", "1.9.0"]), "newest")
    assert.strictEqual(chosen("1.0.0", []), "newest")
  })

  it("is none up to the one that failed here, and any above it", () => {
    assert.strictEqual(chosen("1.0.0", ["1.1.0", "1.2.0"], "1.2.0"), "failed_before")
    assert.strictEqual(chosen("1.0.0", ["1.1.0"], "1.2.0"), "failed_before")
    assert.strictEqual(chosen("1.0.0", ["1.2.0", "1.2.1"], "1.2.0"), "1.2.1")
  })

  it("is one for trial only on a host that runs one", () => {
    assert.strictEqual(chosen("1.0.0", ["1.1.0-rc.1"]), "newest")
    assert.strictEqual(chosen("1.1.0-rc.1", ["1.1.0-rc.2"]), "1.1.0-rc.2")
    assert.strictEqual(chosen("1.1.0-rc.2", ["1.1.0-rc.10", "1.1.0"]), "1.1.0")
  })
})

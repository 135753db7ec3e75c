import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { ReleaseVersion } from "../../src/domain/Release.ts"
import { mayDownload, oneMoreDamaged } from "../../src/self-update/mayDownload.ts"

const one = ReleaseVersion.make("1.1.0")
const two = ReleaseVersion.make("1.2.0")
const now = DateTime.makeUnsafe("2026-11-22T12:00:00Z")
const later = (hours: number) => DateTime.addDuration(now, { hours })

describe("a download that came damaged", () => {
  it("is tried three times, then once a day", () => {
    const first = oneMoreDamaged(undefined, one, now)
    const second = oneMoreDamaged(first, one, now)
    const third = oneMoreDamaged(second, one, now)
    assert.isTrue(mayDownload(second, one, now))
    assert.isFalse(mayDownload(third, one, later(23)))
    assert.isTrue(mayDownload(third, one, later(24)))
    const fourth = oneMoreDamaged(third, one, later(24))
    assert.isFalse(mayDownload(fourth, one, later(47)))
  })

  it("says nothing about another version", () => {
    const third = [1, 2, 3].reduce<ReturnType<typeof oneMoreDamaged> | undefined>(
      (damaged) => oneMoreDamaged(damaged, one, now),
      undefined,
    )
    assert.isTrue(mayDownload(third, two, now))
    assert.strictEqual(oneMoreDamaged(third, two, now).downloads, 1)
  })

  it("does not pause longer because the clock was set back", () => {
    const damaged = { version: one, downloads: 3, last: later(1000) }
    assert.isTrue(mayDownload(damaged, one, now))
  })
})

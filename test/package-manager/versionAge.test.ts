import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { tooYoung } from "../../src/package-manager/versionAge.ts"

const at = (text: string) => DateTime.makeUnsafe(text)
const now = at("2026-01-10T00:00:00Z")
const day = Duration.days(1)

describe("tooYoung", () => {
  it("believes the oldest date, and no age without one", () => {
    const dates = [
      { at: at("2026-01-09T12:00:00Z"), by: "the index of new" },
      { at: at("2026-01-08T00:00:00Z"), by: "the index of old" },
    ]
    assert.isUndefined(tooYoung(dates, day, now))
    assert.include(tooYoung(dates, Duration.days(3), now)?.detail, "the index of old is of 2026-01-08")
    assert.deepInclude(tooYoung([], day, now), { reason: "too_young" })
  })
})

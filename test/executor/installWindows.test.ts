import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InstallWindow } from "../../src/domain/Policy.ts"
import { nextOpening, openUntil } from "../../src/executor/installWindows.ts"

const decode = Schema.decodeUnknownSync(Schema.Array(InstallWindow))

const berlin = DateTime.zoneMakeNamedUnsafe("Europe/Berlin")
const at = (instant: string) => DateTime.makeZonedUnsafe(instant, { timeZone: berlin })

const closing = (windows: ReadonlyArray<unknown>, instant: string) =>
  Option.getOrUndefined(Option.map(openUntil(decode(windows), at(instant)), DateTime.formatIso))

const nights = [{ from: "22:00", to: "04:00" }]

describe("install windows", () => {
  // Winter in Berlin is UTC+1.
  it.each([
    ["before it opens", "2026-01-10T20:59:59Z", undefined],
    ["from its first minute", "2026-01-10T21:00:00Z", "2026-01-11T03:00:00.000Z"],
    ["past midnight", "2026-01-11T00:30:00Z", "2026-01-11T03:00:00.000Z"],
    ["to its last second", "2026-01-11T02:59:59Z", "2026-01-11T03:00:00.000Z"],
    ["not in the minute of its end", "2026-01-11T03:00:00Z", undefined],
  ])("are judged by the wall clock across midnight: %s", (_, instant, expected) => {
    assert.strictEqual(closing(nights, instant), expected)
  })

  it("belong to the day they begin on, also after midnight", () => {
    const friday = [{ days: ["fri"], from: "22:00", to: "04:00" }]
    assert.isDefined(closing(friday, "2026-01-09T22:00:00Z"), "friday night")
    assert.isDefined(closing(friday, "2026-01-10T02:00:00Z"), "saturday morning")
    assert.isUndefined(closing(friday, "2026-01-09T02:00:00Z"), "friday morning")
    assert.isUndefined(closing(friday, "2026-01-10T22:00:00Z"), "saturday night")
  })

  it("may last a whole day, and of several the last to close counts", () => {
    assert.strictEqual(
      closing([{ from: "06:00", to: "06:00" }], "2026-01-10T05:00:00Z"),
      "2026-01-11T05:00:00.000Z",
    )
    const both = [
      { from: "01:00", to: "03:00" },
      { from: "02:00", to: "05:00" },
    ]
    assert.strictEqual(closing(both, "2026-01-10T01:30:00Z"), "2026-01-10T04:00:00.000Z")
  })

  it("follow the clocks when they go forward: an hour that is left out is not open", () => {
    const early = [{ from: "02:15", to: "02:45" }]
    for (let minute = 0; minute < 180; minute += 5) {
      const instant = DateTime.formatIso(
        DateTime.add(DateTime.makeUnsafe("2026-03-29T00:00:00Z"), { minutes: minute }),
      )
      assert.isUndefined(closing(early, instant), instant)
    }
    // 22:00 to 04:00 is five hours long in this night.
    assert.strictEqual(closing(nights, "2026-03-28T21:00:00Z"), "2026-03-29T02:00:00.000Z")
  })

  it("follow the clocks when they go back: an hour that is shown twice is open twice", () => {
    const twice = [{ from: "02:00", to: "02:30" }]
    assert.strictEqual(closing(twice, "2026-10-25T00:10:00Z"), "2026-10-25T00:30:00.000Z")
    assert.isUndefined(closing(twice, "2026-10-25T00:40:00Z"))
    assert.strictEqual(closing(twice, "2026-10-25T01:10:00Z"), "2026-10-25T01:30:00.000Z")
    assert.isUndefined(closing(twice, "2026-10-25T01:40:00Z"))
    assert.strictEqual(closing(nights, "2026-10-24T20:00:00Z"), "2026-10-25T03:00:00.000Z")
  })

  it("never close in the past", () => {
    const windows = [{ from: "02:15", to: "02:45" }, ...nights, { days: ["sun"], from: "23:30", to: "23:30" }]
    for (const start of ["2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z"]) {
      for (let minute = 0; minute < 2 * 1440; minute += 7) {
        const now = DateTime.add(DateTime.makeUnsafe(start), { minutes: minute })
        const end = openUntil(decode(windows), DateTime.setZone(now, berlin))
        if (Option.isSome(end)) assert.isTrue(DateTime.isGreaterThan(end.value, now), DateTime.formatIso(now))
      }
    }
  })

  it("say when they open next, by the wall clock", () => {
    assert.strictEqual(nextOpening(decode(nights), at("2026-01-10T12:00:00Z")), "sat 2026-01-10 at 22:00")
    const monday = decode([{ days: ["mon"], from: "00:05", to: "01:00" }])
    assert.strictEqual(nextOpening(monday, at("2026-01-12T00:00:00Z")), "mon 2026-01-19 at 00:05")
    assert.strictEqual(nextOpening(monday, at("2026-01-11T23:01:00Z")), "mon 2026-01-12 at 00:05")
  })
})

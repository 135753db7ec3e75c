import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { MachineId } from "../../src/domain/Identifiers.ts"
import { effectiveInterval, untilNextSlot } from "../../src/heartbeat/beatSchedule.ts"

const five = Duration.minutes(5)

describe("untilNextSlot", () => {
  it.prop(
    "is more than nothing and at most one interval",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4e12 })), MachineId],
    ([now, machineId]) => {
      const wait = Duration.toMillis(untilNextSlot(now, five, machineId))
      assert.isAbove(wait, 0)
      assert.isAtMost(wait, 300_000)
    },
  )

  it.prop("leads to slots one interval apart, wherever it starts", [MachineId], ([machineId]) => {
    const first = Duration.toMillis(untilNextSlot(0, five, machineId))
    assert.strictEqual(Duration.toMillis(untilNextSlot(first, five, machineId)), 300_000)
    const between = first - 1
    assert.strictEqual(Duration.toMillis(untilNextSlot(between, five, machineId)), 1)
  })

  it("gives two hosts different slots", () => {
    const one = MachineId.make("00000000000100000000000000000000")
    const other = MachineId.make("00000000ffff00000000000000000000")
    assert.notDeepEqual(untilNextSlot(0, five, one), untilNextSlot(0, five, other))
  })
})

describe("effectiveInterval", () => {
  it("lets the server slow beats down within reason, never speed them up", () => {
    assert.deepEqual(effectiveInterval(five, Duration.minutes(15)), Duration.minutes(15))
    assert.deepEqual(effectiveInterval(five, Duration.seconds(1)), five)
    assert.deepEqual(effectiveInterval(five, Duration.days(1)), Duration.hours(1))
    assert.deepEqual(effectiveInterval(Duration.hours(2), Duration.days(1)), Duration.hours(2))
  })
})

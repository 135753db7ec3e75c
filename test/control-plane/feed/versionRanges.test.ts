import { assert, describe, it } from "@effect/vitest"
import { compiled, osvRecord, reading, rowsOf } from "./feedOf.ts"

const alma = "AlmaLinux:8"

describe("ranges", () => {
  const withRanges = (affected: object) =>
    osvRecord("ALSA-2026:2", [], {
      related: ["CVE-2026-0002"],
      affected: [{ package: { ecosystem: alma, name: "bash" }, ...affected }],
    })
  const events = (...list: ReadonlyArray<object>) => ({ ranges: [{ type: "ECOSYSTEM", events: list }] })

  it("makes a row of each, under advisories of their own so that one fix is none for the other", () => {
    const record = withRanges(
      events({ introduced: "0" }, { fixed: "1.0-1" }, { introduced: "2.0-1" }, { fixed: "2.5-1" }),
    )
    const { packages, advisories } = compiled("almalinux-8", [reading("almalinux-8", record)])
    assert.deepStrictEqual(
      packages[0]?.rows.map(({ fixed, introduced, advisory }) => [fixed, introduced, advisory]),
      [
        ["1.0-1", undefined, 0],
        ["2.5-1", "2.0-1", 1],
      ],
    )
    assert.deepStrictEqual(
      advisories.map(({ id }) => id),
      ["ALSA-2026:2", "ALSA-2026:2"],
    )
  })

  it("takes a fix in 0 for not affected", () => {
    assert.deepStrictEqual(rowsOf("almalinux-8", withRanges(events({ introduced: "0" }, { fixed: "0" }))), [
      "bash - ALSA-2026:2 - n",
    ])
  })

  it("leaves a range open that ends with a last affected version, and counts it", () => {
    const record = withRanges(events({ introduced: "1.0-1" }, { last_affected: "1.4-1" }))
    assert.deepStrictEqual(rowsOf("almalinux-8", record), ["bash - ALSA-2026:2 - i=1.0-1 affected"])
    assert.deepStrictEqual(reading("almalinux-8", record).leftOut, ["no_upper_bound"])
  })

  it("opens a range at the lowest of plain versions", () => {
    assert.deepStrictEqual(rowsOf("almalinux-8", withRanges({ versions: ["1.10-1", "1.9-1"] })), [
      "bash - ALSA-2026:2 - i=1.9-1 affected",
    ])
  })

  it("leaves out ranges of commits and of upstream versions", () => {
    const record = withRanges({ ranges: [{ type: "SEMVER", events: [{ introduced: "0" }] }] })
    assert.deepStrictEqual(reading("almalinux-8", record).leftOut, ["no_version_range"])
  })

  it("leaves out what was fixed before the release had the package", () => {
    const record = osvRecord("UBUNTU-CVE-2010-0751", [], {
      affected: [
        {
          package: { ecosystem: "Ubuntu:14.04:LTS", name: "libnids" },
          ...events({ introduced: "0" }, { fixed: "1.23-2" }),
          versions: [],
        },
      ],
    })
    assert.deepStrictEqual(reading("ubuntu-14.04", record), { claims: [], leftOut: ["never_shipped"] })
  })
})

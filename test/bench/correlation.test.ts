import { assert, describe, it } from "@effect/vitest"
import { programCost, timed } from "../../bench/measure/programCost.ts"
import type { SizeReport } from "../../bench/vulnerabilities/CorrelationReport.ts"
import { correlationText } from "../../bench/vulnerabilities/correlationText.ts"
import { problemsOf } from "../../bench/vulnerabilities/judgeCorrelation.ts"
import { syntheticDebian } from "../../bench/vulnerabilities/syntheticDebian.ts"
import { syntheticHost } from "../../bench/vulnerabilities/syntheticFeed.ts"
import { feedText } from "../../src/vulnerability/feedText.ts"

const size: SizeReport = {
  installed: 300,
  advisories: 1_800,
  pairs: 24_000,
  facts: 31,
  rawBytes: 880_000,
  packedBytes: 60_000,
  matches: 2_000,
  rounds: 21,
  firstWall: 50,
  wall: 19,
  processor: 19,
  shippedWall: 40,
  firstKilobytesAboveIdle: 2_000,
  kilobytesAboveIdle: 1_000,
  wallLimit: 20,
  kilobytesLimit: 10_240,
}

describe("the generated AlmaLinux", () => {
  const { feed, packages } = syntheticHost({ advisories: 1_800, installed: 300, facts: "exploited" })
  const rows = feed.packages.flatMap((item) => item.rows)

  it("is of the size that the budgets are for", () => {
    assert.lengthOf(feed.advisories, 1_800)
    assert.lengthOf(packages, 300)
    assert.isAtLeast(rows.length, 24_000)
  })

  // The bounds are the measured ones of the real feed, give or take a tenth; see almaLinux.ts.
  it("has the shape of the real one", () => {
    const mentions = feed.advisories.flatMap(({ cves }) => cves)
    const within = (value: number, real: number) => assert.closeTo(value, real, real / 10)
    within(mentions.length, 6_250)
    within(new Set(mentions).size, 4_145)
    within(feed.packages.length, 2_931)
    within([...feedText(feed)].join("").length, 867_314)
    within(rows.reduce((sum, { fixed = "" }) => sum + fixed.length, 0) / rows.length, 20.2)
    assert.isAbove(rows.filter(({ module }) => module !== undefined).length, 1_617)
  })

  it("installs the same packages whatever is known of the CVEs", () => {
    const scored = syntheticHost({ advisories: 1_800, installed: 300, facts: "all" })
    assert.deepStrictEqual(scored.packages, packages)
    assert.isAbove(scored.feed.cves.length, 100 * feed.cves.length)
  })
})

it("the generated Debian installs siblings, so that sources and binaries count differently", () => {
  const { issues, packages } = syntheticDebian({ pairs: 24_000, installed: 300 })
  assert.lengthOf(issues, 24_000)
  assert.lengthOf(packages, 300)
  assert.isBelow(new Set(packages.map(({ name, source = name }) => source)).size, 200)
  assert.strictEqual(new Set(issues.map(({ cve, source }) => `${cve} ${source}`)).size, 24_000)
})

describe("what a program cost", () => {
  it("is read from what GNU time writes", () => {
    assert.deepStrictEqual(programCost("0.71 0.40 0.04 68400\n"), {
      wall: 710,
      processor: 440,
      peakKilobytes: 68_400,
    })
    assert.isNaN(programCost("").peakKilobytes)
  })

  it("is asked of GNU time in front of the program", () => {
    assert.deepStrictEqual(timed("/root/cost", ["dnf", "--quiet"], "/opt/time"), [
      "/opt/time",
      "--quiet",
      "--format=%e %U %S %M",
      "--output=/root/cost",
      "dnf",
      "--quiet",
    ])
  })
})

describe("the budgets of correlation", () => {
  it("are missed only where wall and processor time are both above them", () => {
    assert.deepStrictEqual(problemsOf({ ...size, wall: 60 }), [])
    assert.deepStrictEqual(problemsOf({ ...size, processor: 60 }), [])
    assert.lengthOf(problemsOf({ ...size, wall: 21, processor: 21 }), 1)
  })

  it("hold for the memory of the first round too", () => {
    assert.lengthOf(problemsOf({ ...size, firstKilobytesAboveIdle: 10_241 }), 1)
    assert.lengthOf(problemsOf({ ...size, kilobytesAboveIdle: 10_241 }), 1)
  })
})

it("a program that is not there has a row that says so", () => {
  const absent = { who: "dnf", host: "AlmaLinux 9", problem: "needs root" }
  const text = correlationText({ sizes: [size], sideBySide: [absent], problems: [] })
  assert.match(text, /^AlmaLinux 9 +dnf +needs root *$/m)
  assert.notInclude(text, "MISSED")
})

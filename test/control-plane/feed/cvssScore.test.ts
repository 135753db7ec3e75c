import { assert, describe, it } from "@effect/vitest"
import { cvssScore, severityOfScore } from "../../../src/control-plane/feed/cvssScore.ts"

describe("the CVSS score", () => {
  // Scores of NVD and of the examples document of FIRST.
  it.each([
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10],
    ["CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1],
    ["CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4],
    ["CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8],
    ["CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", 4.6],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0],
    ["CVSS:3.1/AV:L/AC:H/PR:H/UI:N/S:C/C:H/I:H/A:H/E:P", 7.5],
  ])("of %s is %d", (vector, score) => {
    assert.strictEqual(cvssScore(vector), score)
  })

  it.each(["", "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:4.0/AV:N/AC:L/AT:N", "CVSS:3.1/AV:N"])(
    "of %j is not known",
    (vector) => {
      assert.isUndefined(cvssScore(vector))
    },
  )

  it("has the ratings of the specification", () => {
    assert.deepStrictEqual([10, 9, 8.9, 7, 6.9, 4, 3.9, 0.1, 0].map(severityOfScore), [
      "critical",
      "critical",
      "important",
      "important",
      "moderate",
      "moderate",
      "low",
      "low",
      undefined,
    ])
  })
})

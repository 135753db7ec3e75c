import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { PlannedInstall } from "../../../src/domain/InstallPlan.ts"
import { AvailableUpdate } from "../../../src/domain/Update.ts"
import { rebootExpected, roundedDownload } from "../../../src/package-manager/dnf/dnfConsequences.ts"
import { parseDetails } from "../../../src/package-manager/dnf/dnfDetails.ts"

const install = (name: string, to = "2-1") =>
  Schema.decodeSync(PlannedInstall)({
    manager: "dnf",
    name,
    architecture: "noarch",
    to,
    origins: [],
    role: "requested",
  })

describe("rebootExpected", () => {
  it("by the package, or by the advisory that brought exactly this version", () => {
    assert.strictEqual(rebootExpected([install("kernel-core")], []), "yes")
    assert.strictEqual(rebootExpected([install("glibc")], []), "yes")
    assert.strictEqual(rebootExpected([install("bash"), install("kernel-devel")], []), "no")
    const update = Schema.decodeSync(AvailableUpdate)({
      manager: "dnf",
      name: "bash",
      architecture: "noarch",
      from: "1-1",
      to: "3-1",
      origins: [],
      security: {
        verdict: "yes",
        evidence: [{ kind: "advisory", value: "A-1", advisory: "security", restart: "reboot" }],
        fixedIn: "2-1",
      },
      installable: { answer: "yes" },
    })
    assert.strictEqual(rebootExpected([install("bash", "2-1")], [update]), "yes")
    assert.strictEqual(rebootExpected([install("bash", "1-9")], [update]), "no")
  })
})

describe("parseDetails", () => {
  it("knows every repository of a version, whichever way records end", () => {
    const details = parseDetails(
      "a|0|1.1|1|noarch|lab|5590|100\n\na|0|1.1|1|noarch|mirror|5590|100\nb|2|1.1|1|x86_64|lab|7|\ngarbage\n",
    )
    assert.deepStrictEqual(
      [...details],
      [
        ["a-1.1-1.noarch", { repositories: ["lab", "mirror"], downloadBytes: 5590, installedBytes: 100 }],
        ["b-2:1.1-1.x86_64", { repositories: ["lab"], downloadBytes: 7 }],
      ],
    )
  })
})

describe("roundedDownload", () => {
  it("never reckons with less than yum will download", () => {
    assert.strictEqual(roundedDownload("Total download size: 7.4 M\n"), Math.ceil(7.5 * 1024 * 1024))
    assert.strictEqual(roundedDownload("\nTotal download size: 92 k\n"), 93 * 1024)
    assert.strictEqual(roundedDownload("Total download size: 512\n"), 512)
    assert.strictEqual(roundedDownload("Total size: 7.4 M\n"), 0)
  })
})

import { assert, describe, it } from "@effect/vitest"
import { findingCounts } from "../../src/domain/FindingCounts.ts"
import { finding } from "../vulnerability/sampleFindings.ts"

describe("findingCounts", () => {
  it("counts each CVE once, by the package that is worst off, and nothing that is hidden", () => {
    const kev = { ransomware: false }
    const counts = findingCounts([
      finding({ cve: "CVE-1", kev }),
      finding({ cve: "CVE-2", advisories: [{ id: "A-1" }, { id: "A-2" }] }),
      finding({ cve: "CVE-2", package: "nss", fix: "none", kev }),
      finding({ cve: "CVE-3", package: "nss", fix: "held" }),
      finding({ cve: "CVE-3", package: "curl", fix: "pending_reboot" }),
      finding({ cve: "CVE-4", package: "vim", severity: "negligible" }),
      finding({ cve: "CVE-5", package: "vim", status: "under_investigation" }),
    ])
    const none = {
      available: 0,
      needs_channel: 0,
      not_in_enabled_repos: 0,
      held: 0,
      pending_reboot: 0,
      mitigated_livepatch: 0,
      none: 0,
      unknown: 0,
    }
    assert.deepStrictEqual(counts, {
      cves: 3,
      advisories: 2,
      packages: 3,
      knownExploited: 2,
      byFix: { ...none, available: 1, held: 1, none: 1 },
      exploitedByFix: { ...none, available: 1, none: 1 },
      updatedPackages: 1,
    })
  })
})

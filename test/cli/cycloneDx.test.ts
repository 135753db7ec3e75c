import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { cycloneDx } from "../../src/cli/cycloneDx.ts"
import { CycloneDx } from "../../src/cli/cycloneDxSchema.ts"
import type { Vulnerabilities } from "../../src/domain/Finding.ts"
import type { InstalledPackage } from "../../src/domain/Package.ts"
import { finding, installed } from "../vulnerability/sampleFindings.ts"
import { clean, everyState, noData } from "./sampleVulnerabilities.ts"

const encode = Schema.encodeSync(CycloneDx)

const bomOf = (vulnerabilities: Vulnerabilities, packages: ReadonlyArray<InstalledPackage> = []) =>
  cycloneDx({
    serial: "0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11",
    at: DateTime.makeUnsafe("2026-11-22T12:00:00Z"),
    packages,
    vulnerabilities,
  })

describe("cycloneDx", () => {
  it("lists packages, and each finding with what it affects", ({ expect }) => {
    const bom = bomOf({ ...everyState, findings: everyState.findings.slice(0, 1) }, [
      installed("libssl3", "3.0.14-1", { source: "openssl" }),
    ])
    expect(encode({ ...bom, metadata: { ...bom.metadata, tools: { components: [] } } }))
      .toMatchInlineSnapshot(`
      {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "components": [
          {
            "bom-ref": "pkg:deb/debian/libssl3@3.0.14-1?arch=amd64&distro=debian-12&upstream=openssl",
            "name": "libssl3",
            "properties": [
              {
                "name": "patchctl:source",
                "value": "openssl",
              },
            ],
            "purl": "pkg:deb/debian/libssl3@3.0.14-1?arch=amd64&distro=debian-12&upstream=openssl",
            "type": "library",
            "version": "3.0.14-1",
          },
        ],
        "metadata": {
          "component": {
            "bom-ref": "debian-12",
            "name": "debian",
            "type": "operating-system",
            "version": "12",
          },
          "properties": [
            {
              "name": "patchctl:coverage",
              "value": "vendor_data",
            },
            {
              "name": "patchctl:coverage:not-evaluated",
              "value": "2",
            },
            {
              "name": "patchctl:feed:serial",
              "value": "412",
            },
            {
              "name": "patchctl:feed:generated",
              "value": "2026-08-21T06:00:00.000Z",
            },
            {
              "name": "patchctl:feed:stale",
              "value": "no",
            },
            {
              "name": "patchctl:feed:fixed-issues-only",
              "value": "no",
            },
            {
              "name": "patchctl:feed:end-of-life",
              "value": "no",
            },
            {
              "name": "patchctl:feed:licence",
              "value": "MIT",
            },
          ],
          "timestamp": "2026-11-22T12:00:00.000Z",
          "tools": {
            "components": [],
          },
        },
        "serialNumber": "urn:uuid:0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11",
        "specVersion": "1.6",
        "version": 1,
        "vulnerabilities": [
          {
            "affects": [
              {
                "ref": "pkg:deb/debian/libssl3@3.0.14-1?arch=amd64&distro=debian-12&upstream=openssl",
              },
            ],
            "analysis": {
              "response": [
                "update",
              ],
            },
            "bom-ref": "CVE-2026-1/openssl",
            "id": "CVE-2026-1",
            "properties": [
              {
                "name": "patchctl:package",
                "value": "openssl",
              },
              {
                "name": "patchctl:installed",
                "value": "3.0.14-1",
              },
              {
                "name": "patchctl:fixed",
                "value": "3.0.15-1",
              },
              {
                "name": "patchctl:status",
                "value": "fixed",
              },
              {
                "name": "patchctl:fix",
                "value": "available",
              },
              {
                "name": "patchctl:confidence",
                "value": "high",
              },
              {
                "name": "patchctl:sources",
                "value": "feed",
              },
              {
                "name": "patchctl:kev",
                "value": "ransomware",
              },
              {
                "name": "patchctl:epss",
                "value": "0.943",
              },
            ],
            "ratings": [
              {
                "method": "other",
                "severity": "critical",
                "source": {
                  "name": "debian",
                },
              },
              {
                "method": "CVSSv31",
                "score": 9.8,
                "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
              },
            ],
            "recommendation": "Update openssl to 3.0.15-1 or later (available)",
            "references": [
              {
                "id": "DSA-1-1",
                "source": {
                  "name": "debian",
                },
              },
            ],
            "source": {
              "name": "CVE",
              "url": "https://www.cve.org/CVERecord?id=CVE-2026-1",
            },
          },
        ],
      }
    `)
  })

  it("names no system and no vendor where there are no data for it", () => {
    const bom = bomOf({ ...noData, findings: everyState.findings }, [installed("openssl", "3.0.14-1")])
    assert.strictEqual(bom.metadata.component, undefined)
    assert.strictEqual(bom.components[0]?.purl, "pkg:deb/openssl@3.0.14-1?arch=amd64")
  })

  it("has no reference twice", () => {
    const row = installed("openssl", "3.0.14-1")
    const bom = bomOf(everyState, [row, row])
    assert.lengthOf(bom.components, 1)
    const references = [...bom.components, ...bom.vulnerabilities].map((one) => one["bom-ref"])
    assert.strictEqual(new Set(references).size, references.length)
  })

  it("affects the kernel that counts, not those that lie beside it", () => {
    const rows = ["6.1.106-1", "6.1.115-1", "6.1.119-1"].map((version) =>
      installed("linux-image-amd64", version),
    )
    const kernel = finding({
      package: "linux",
      binaries: ["linux-image-amd64"],
      installed: "6.1.115-1",
      fixed: "6.1.119-1",
    })
    const bom = bomOf({ ...clean, findings: [kernel] }, rows)
    assert.deepStrictEqual(bom.vulnerabilities[0]?.affects, [
      { ref: "pkg:deb/debian/linux-image-amd64@6.1.115-1?arch=amd64&distro=debian-12" },
    ])
  })

  const statuses = [
    ["fixed", { response: ["update"] }],
    ["affected", undefined],
    ["deferred", undefined],
    ["wont_fix", { response: ["will_not_fix"] }],
    ["end_of_life", { response: ["will_not_fix"] }],
    ["under_investigation", { state: "in_triage" }],
  ] as const
  it.each(statuses)("says of what is %s what the vendor does", (status, analysis) => {
    const bom = bomOf({ ...clean, findings: [finding({ status })] })
    assert.deepStrictEqual(bom.vulnerabilities[0]?.analysis, analysis)
  })

  const vectors = [
    ["CVSS:4.0/AV:N", "CVSSv4"],
    ["CVSS:3.1/AV:N", "CVSSv31"],
    ["CVSS:3.0/AV:N", "CVSSv3"],
    ["AV:N/AC:L", "CVSSv2"],
    ["something new", "other"],
  ] as const
  it.each(vectors)("knows the method of %s", (vector, method) => {
    const bom = bomOf({ ...clean, findings: [finding({ cvss: { vector } })] })
    assert.deepStrictEqual(bom.vulnerabilities[0]?.ratings, [{ method, vector }])
  })
})

import { assert, describe, it } from "@effect/vitest"
import { compiled, osvRecord, plainRows, reading, rowsOf } from "./feedOf.ts"

const alma = "AlmaLinux:8"

describe("ecosystems", () => {
  const fixedIn = (ecosystem: string) => [ecosystem, "openssl", "3.0.2-0ubuntu1.10"] as const
  const rowsIn = (release: string, ecosystem: string) =>
    rowsOf(release, osvRecord("CVE-2024-0001", [fixedIn(ecosystem)])).map((row) => row.split(" ").slice(4))

  it.each([
    ["ubuntu-24.04", "Ubuntu:24.04:LTS", ""],
    ["ubuntu-24.10", "Ubuntu:24.10", ""],
    ["ubuntu-24.04", "Ubuntu:Pro:24.04:LTS", "c=pro"],
    ["rhel-9", "Red Hat:enterprise_linux:9::baseos", ""],
    ["rhel-9", "Red Hat:rhel_e4s:9.2::baseos", "l=el9_2"],
    ["sles-15.6", "SUSE:Linux Enterprise Server 15 SP6", ""],
    ["sles-15.6", "SUSE:Linux Enterprise Module for Basesystem 15 SP6", ""],
    ["sles-15.6", "SUSE:Linux Enterprise Server 15 SP6-LTSS", "c=ltss"],
    ["sles-12.5", "SUSE:Linux Enterprise Module for Web and Scripting 12", ""],
    ["opensuse-leap-15.6", "openSUSE:Leap 15.6", ""],
    ["opensuse-tumbleweed", "openSUSE:Tumbleweed", ""],
    ["debian-12", "Debian:12", ""],
  ])("%s is reached by %s", (release, ecosystem, flags) => {
    assert.deepStrictEqual(rowsIn(release, ecosystem), [flags === "" ? [] : [flags]])
  })

  it.each([
    ["ubuntu-24.04", "Ubuntu:Pro:FIPS:24.04:LTS"],
    ["ubuntu-24.04", "Ubuntu:Pro:Realtime:24.04:LTS"],
    ["ubuntu-24.04", "Ubuntu:22.04:LTS"],
    ["rhel-9", "Red Hat:enterprise_linux:8::baseos"],
    ["rhel-9", "Red Hat:rhel_eus:8.8::baseos"],
    ["rhel-9", "Red Hat:openshift:4.15::el9"],
    ["sles-15.6", "SUSE:Linux Enterprise Server 15 SP7"],
    ["sles-15.6", "SUSE:Linux Enterprise Server 15 SP6-TERADATA"],
    ["sles-15.6", "SUSE:Linux Enterprise Server for SAP Applications 15 SP6"],
    ["sles-15.6", "openSUSE:Leap 15.6"],
    ["debian-12", "Debian:13"],
    ["almalinux-9", "Rocky Linux:9"],
  ])("%s is not reached by %s", (release, ecosystem) => {
    assert.deepStrictEqual(rowsIn(release, ecosystem), [])
  })
})

describe("what a record is about", () => {
  const fixed = [[alma, "bash", "1.0-1"]] as const

  it("takes the CVE from the id of a vendor's record, not from what it relates to", () => {
    const record = osvRecord("DEBIAN-CVE-2024-0001", [["Debian:12", "bash", "5.2-1"]], {
      related: ["CVE-2020-9999", "RHSA-2024:1"],
    })
    const [claim] = reading("debian-12", record).claims
    assert.deepStrictEqual(claim?.publication.cves, ["CVE-2024-0001"])
    assert.strictEqual(claim?.publication.id, "CVE-2024-0001")
  })

  it("merges aliases, upstream and related of an advisory", () => {
    const record = osvRecord("ALSA-2026:3", fixed, {
      aliases: ["CVE-2026-0003"],
      upstream: ["CVE-2026-0001", "GHSA-xxxx-yyyy-zzzz"],
      related: ["CVE-2026-0002", "UBUNTU-CVE-2026-0001", "GO-2024-2687"],
    })
    assert.deepStrictEqual(reading("almalinux-8", record).claims[0]?.publication.cves, [
      "CVE-2026-0001",
      "CVE-2026-0002",
      "CVE-2026-0003",
    ])
  })

  it("leaves out an advisory that names no CVE", () => {
    for (const id of ["ALSA-2026:39083", "ALBA-2026:1"]) {
      assert.deepStrictEqual(reading("almalinux-8", osvRecord(id, fixed)).leftOut, ["no_vulnerability"])
    }
  })

  it("leaves out what is withdrawn, rejected or a live patch", () => {
    const leftOut = (id: string, more: object) => reading("almalinux-8", osvRecord(id, fixed, more)).leftOut
    assert.deepStrictEqual(leftOut("ALSA-2026:4", { withdrawn: "2026-05-05T00:00:00Z" }), ["withdrawn"])
    assert.deepStrictEqual(leftOut("CVE-2026-0004", { details: "** REJECT ** Not used." }), ["rejected"])
    assert.deepStrictEqual(leftOut("CVE-2026-0004", { details: "Rejected reason: duplicate" }), ["rejected"])
    assert.deepStrictEqual(leftOut("LSN-0108-1", {}), ["livepatch"])
  })
})

describe("severity", () => {
  const severityOf = (
    release: string,
    id: string,
    ecosystem: string,
    more: object,
    specific: object = {},
  ) => {
    const record = osvRecord(id, [], {
      ...more,
      affected: [
        {
          package: { ecosystem, name: "bash" },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }] }],
          ecosystem_specific: specific,
        },
      ],
    })
    return rowsOf(release, record)[0]?.split(" ")[3]
  }
  const vector = { type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }

  it("prefers the word in the title to CVSS", () => {
    const more = { summary: "Low: bash security update", severity: [vector], related: ["CVE-2026-0001"] }
    assert.strictEqual(severityOf("almalinux-8", "ALSA-2026:5", alma, more), "low")
  })

  it("is CVSS where the title has no word, and nothing where there is neither", () => {
    const related = ["CVE-2026-0001"]
    assert.strictEqual(
      severityOf("rhel-9", "RHSA-2026:5", "Red Hat:enterprise_linux:9::baseos", {
        summary: "Red Hat Security Advisory: bash security update",
        severity: [vector],
        related,
      }),
      "critical",
    )
    assert.strictEqual(severityOf("almalinux-8", "ALSA-2026:5", alma, { related }), "-")
  })

  it.each([
    ["unimportant", "negligible"],
    ["medium**", "moderate"],
    ["high", "important"],
    ["not yet assigned", "-"],
  ])("Debian's urgency %s is %s", (urgency, expected) => {
    assert.strictEqual(severityOf("debian-12", "CVE-2026-0001", "Debian:12", {}, { urgency }), expected)
  })

  it("takes Debian's end of life for a status", () => {
    const record = osvRecord("CVE-2026-0001", [], {
      affected: [
        {
          package: { ecosystem: "Debian:12", name: "bash" },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }] }],
          ecosystem_specific: { urgency: "end-of-life" },
        },
      ],
    })
    assert.deepStrictEqual(rowsOf("debian-12", record), ["bash - CVE-2026-0001 - end_of_life"])
  })
})

describe("Ubuntu's binaries", () => {
  const record = (id: string, name: string, build: string, ...names: ReadonlyArray<string>) =>
    osvRecord(id, [], {
      affected: [
        {
          package: {
            ecosystem: "Ubuntu:24.04:LTS",
            name,
            purl: `pkg:deb/ubuntu/${name}@${build}?arch=source`,
          },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: build }] }],
          ecosystem_specific: {
            binaries: names.map((binary_name) => ({ binary_name, binary_version: build })),
          },
        },
      ],
    })

  it("limit a row only where other records name more for the same build", () => {
    const rows = rowsOf(
      "ubuntu-24.04",
      record("UBUNTU-CVE-2024-0001", "openssl", "3.0-1", "libssl3", "openssl", "openssl-dbgsym"),
      record("UBUNTU-CVE-2024-0002", "openssl", "3.0-1", "openssl"),
      record("UBUNTU-CVE-2024-0003", "openssl", "3.0-2", "libssl3t64"),
    )
    assert.deepStrictEqual(rows, [
      "openssl 3.0-1 CVE-2024-0001 -",
      "openssl 3.0-1 CVE-2024-0002 - b=openssl",
      "openssl 3.0-2 CVE-2024-0003 -",
    ])
  })

  it("never limit a kernel, whose packages have other names in each build", () => {
    const rows = rowsOf(
      "ubuntu-24.04",
      record(
        "UBUNTU-CVE-2024-0001",
        "linux",
        "6.8.0-50.51",
        "linux-image-6.8.0-50-generic",
        "linux-tools-6.8.0-50",
      ),
      record("UBUNTU-CVE-2024-0002", "linux", "6.8.0-50.51", "linux-image-6.8.0-50-generic"),
    )
    assert.notInclude(rows.join(), "b=")
  })
})

describe("copies of one advisory", () => {
  it("are one, with the packages and CVEs of both and the words of the later", () => {
    const older = osvRecord("ALSA-2026:6", [[alma, "a", "1.0-1"]], {
      summary: "Low: a update",
      related: ["CVE-2026-0001"],
      modified: "2026-05-04T00:00:00Z",
    })
    const newer = osvRecord("ALSA-2026:6", [[alma, "b", "1.0-1"]], {
      summary: "Important: a update",
      related: ["CVE-2026-0002"],
      modified: "2026-06-04T00:00:00Z",
    })
    for (const records of [
      [older, newer],
      [newer, older],
    ]) {
      const body = compiled(
        "almalinux-8",
        records.map((record) => reading("almalinux-8", record)),
      )
      assert.deepStrictEqual(plainRows(body), [
        "a 1.0-1 ALSA-2026:6 important",
        "b 1.0-1 ALSA-2026:6 important",
      ])
      assert.deepStrictEqual(body.advisories[0]?.cves, ["CVE-2026-0001", "CVE-2026-0002"])
    }
  })
})

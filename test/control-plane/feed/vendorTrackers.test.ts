import { assert, describe, it } from "@effect/vitest"
import { readSecdb } from "../../../src/control-plane/feed/alpineSecdb.ts"
import { readArchGroup } from "../../../src/control-plane/feed/archGroups.ts"
import { readDebianTracker } from "../../../src/control-plane/feed/debianTracker.ts"
import { compiled, osvRecord, plainRows, reading, release } from "./feedOf.ts"

const bookworm = (state: object) => ({ releases: { bookworm: state } })

const tracked = (issues: Readonly<Record<string, unknown>>) =>
  readDebianTracker(release("debian-12"), { openssl: issues })

const rowsOf = (state: object) =>
  plainRows(compiled("debian-12", [tracked({ "CVE-2024-0001": bookworm(state) })]))

describe("Debian's tracker", () => {
  it.each<readonly [state: object, row: string]>([
    [{ status: "resolved", fixed_version: "3.0.15-1", urgency: "medium" }, "3.0.15-1 CVE-2024-0001 moderate"],
    [{ status: "resolved", fixed_version: "0", urgency: "unimportant" }, "- CVE-2024-0001 negligible n"],
    [{ status: "open", urgency: "not yet assigned" }, "- CVE-2024-0001 - affected"],
    [
      { status: "open", urgency: "low", nodsa: "Minor issue", nodsa_reason: "" },
      "- CVE-2024-0001 low affected",
    ],
    [{ status: "open", urgency: "low", nodsa_reason: "ignored" }, "- CVE-2024-0001 low wont_fix"],
    [{ status: "open", urgency: "low", nodsa_reason: "postponed" }, "- CVE-2024-0001 low deferred"],
    [{ status: "open", urgency: "end-of-life" }, "- CVE-2024-0001 - end_of_life"],
    [{ status: "open", urgency: "unimportant" }, "- CVE-2024-0001 negligible affected"],
    [{ status: "undetermined", urgency: "low" }, "- CVE-2024-0001 low under_investigation"],
  ])("%j", (state, row) => {
    assert.deepStrictEqual(rowsOf(state), [`openssl ${row}`])
  })

  it("passes over other releases and rejected ids, and names what it does not understand", () => {
    const { claims, leftOut, invalid, rejected } = tracked({
      "CVE-2024-0001": { releases: { trixie: { status: "open" } } },
      "CVE-2024-0002": { description: "** REJECT ** Unused.", ...bookworm({ status: "open" }) },
      "CVE-2024-0003": bookworm({ status: "unheard-of" }),
      "CVE-2024-0004": bookworm({ status: "resolved" }),
      "CVE-2024-0005": "nothing",
    })
    assert.deepStrictEqual(
      { claims, leftOut, invalid, rejected },
      {
        claims: [],
        leftOut: ["other_release", "rejected"],
        invalid: ["openssl CVE-2024-0003", "openssl CVE-2024-0004", "openssl CVE-2024-0005"],
        rejected: ["CVE-2024-0002"],
      },
    )
  })

  const advisory = reading(
    "debian-12",
    osvRecord("DSA-5000-1", [["Debian:12", "openssl", "3.0.15-1"]], {
      summary: "openssl - security update",
      upstream: ["CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003"],
    }),
  )

  it("decides before advisories, whose id, date and title go with the fix that they brought", () => {
    const body = compiled("debian-12", [
      advisory,
      tracked({
        "CVE-2024-0001": bookworm({ status: "resolved", fixed_version: "3.0.15-1", urgency: "low" }),
        "CVE-2024-0002": bookworm({ status: "resolved", fixed_version: "3.0.11-1", urgency: "low" }),
      }),
    ])
    assert.deepStrictEqual(plainRows(body), [
      "openssl 3.0.11-1 CVE-2024-0002 low",
      "openssl 3.0.15-1 DSA-5000-1 low",
      // What the tracker does not know stays with the advisory.
      "openssl 3.0.15-1 DSA-5000-1 -",
    ])
    assert.deepStrictEqual(
      body.advisories.map(({ id, cves, date, title }) => [id, cves, date, title]),
      [
        ["CVE-2024-0002", ["CVE-2024-0002"], "", ""],
        ["DSA-5000-1", ["CVE-2024-0001"], "2026-05-04", "openssl - security update"],
        ["DSA-5000-1", ["CVE-2024-0003"], "2026-05-04", "openssl - security update"],
      ],
    )
  })

  it("decides before OSV's record of the CVE, which is made from it", () => {
    const record = osvRecord("DEBIAN-CVE-2024-0001", [["Debian:12", "openssl"]])
    const state = bookworm({ status: "resolved", fixed_version: "3.0.15-1" })
    const body = compiled("debian-12", [tracked({ "CVE-2024-0001": state }), reading("debian-12", record)])
    assert.deepStrictEqual(plainRows(body), ["openssl 3.0.15-1 CVE-2024-0001 -"])
  })

  it("leaves one row of an advisory whose every CVE it knows", () => {
    const state = bookworm({ status: "resolved", fixed_version: "3.0.15-1", urgency: "high" })
    const body = compiled("debian-12", [
      advisory,
      tracked({ "CVE-2024-0001": state, "CVE-2024-0002": state, "CVE-2024-0003": state }),
    ])
    assert.deepStrictEqual(plainRows(body), [
      "openssl 3.0.15-1 DSA-5000-1 important",
      "openssl 3.0.15-1 DSA-5000-1 important",
      "openssl 3.0.15-1 DSA-5000-1 important",
    ])
    assert.deepStrictEqual(
      body.advisories.flatMap(({ cves }) => cves),
      ["CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003"],
    )
  })
})

describe("fixes of one CVE for everyone and for subscribers", () => {
  it("are alternatives of one advisory, though two notices brought them", () => {
    const cve = osvRecord("UBUNTU-CVE-2024-0001", [
      ["Ubuntu:24.04:LTS", "vim", "2:9.1-1ubuntu1"],
      ["Ubuntu:Pro:24.04:LTS", "vim", "2:9.1-1ubuntu1+esm1"],
    ])
    const base = osvRecord("USN-1-1", [["Ubuntu:24.04:LTS", "vim", "2:9.1-1ubuntu1"]], {
      related: ["CVE-2024-0001"],
    })
    const pro = osvRecord("USN-2-1", [["Ubuntu:Pro:24.04:LTS", "vim", "2:9.1-1ubuntu1+esm1"]], {
      related: ["CVE-2024-0001"],
    })
    const body = compiled(
      "ubuntu-24.04",
      [pro, cve, base].map((record) => reading("ubuntu-24.04", record)),
    )
    assert.deepStrictEqual(plainRows(body), [
      "vim 2:9.1-1ubuntu1 USN-1-1 -",
      "vim 2:9.1-1ubuntu1+esm1 USN-1-1 - c=pro",
    ])
    assert.lengthOf(body.advisories, 1)
  })
})

describe("Alpine's secdb", () => {
  const secdb = (distroversion: string) => ({
    distroversion,
    packages: [
      {
        pkg: {
          name: "util-linux",
          secfixes: {
            "2.31-r0": ["CVE-2017-2616 (+ regression fix)", "CVE-2019-14697 XSA-300"],
            "2.32-r0": ["CVE-2017-2616", "XSA-123"],
            "0": ["CVE-2021-0001"],
          },
        },
      },
      { pkg: { name: "empty", secfixes: null } },
    ],
  })

  it("gives each CVE its lowest fix; 0 is not affected", () => {
    const body = compiled("alpine-3.20", [readSecdb(release("alpine-3.20"), secdb("v3.20"))])
    assert.deepStrictEqual(plainRows(body), [
      "util-linux 2.31-r0 CVE-2017-2616 -",
      "util-linux 2.31-r0 CVE-2019-14697 -",
      "util-linux - CVE-2021-0001 - n",
      "util-linux 2.32-r0 XSA-123 -",
    ])
  })

  it("says nothing about another branch", () => {
    assert.deepStrictEqual(readSecdb(release("alpine-3.20"), secdb("v3.19")), {
      claims: [],
      leftOut: ["other_release"],
    })
  })
})

describe("Arch's groups", () => {
  const group = {
    name: "AVG-1",
    packages: ["openssl"],
    severity: "High",
    type: "denial of service",
    issues: ["CVE-2026-0001"],
  }

  it.each([
    [{ ...group, status: "Fixed", fixed: "3.1-1" } as const, "3.1-1 AVG-1 important"],
    [{ ...group, status: "Testing", fixed: "3.1-1" } as const, "3.1-1 AVG-1 important c=testing"],
    [{ ...group, status: "Vulnerable", fixed: null } as const, "- AVG-1 important affected"],
    [{ ...group, status: "Unknown", fixed: null } as const, "- AVG-1 important under_investigation"],
    [{ ...group, status: "Not affected", fixed: null } as const, "- AVG-1 important affected n"],
  ])("%j", (value, row) => {
    assert.deepStrictEqual(plainRows(compiled("arch", [readArchGroup(value)])), [`openssl ${row}`])
  })
})

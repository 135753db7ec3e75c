import { assert, describe, it } from "@effect/vitest"
import type { PolicyVersion } from "../../../src/package-manager/apt/aptPolicy.ts"
import type { ReleaseFile } from "../../../src/package-manager/apt/aptReleases.ts"
import {
  securityEvidence,
  securityOf,
  securityVendors,
} from "../../../src/package-manager/apt/aptSecurity.ts"

const release = (origin: string, label: string, suite: string, codename: string): ReleaseFile => ({
  origin,
  label,
  suite,
  codename,
  notAutomatic: false,
})

const releases = {
  main: release("Debian", "Debian", "stable", "bookworm"),
  updates: release("Debian", "Debian", "stable-updates", "bookworm-updates"),
  security: release("Debian", "Debian-Security", "stable-security", "bookworm-security"),
  other: release("Docker", "Docker CE", "bookworm", "bookworm"),
}

const releaseOf = (index: string): ReleaseFile | undefined =>
  Object.entries(releases).find(([name]) => name === index)?.[1]

const offered = (version: string, ...indexes: ReadonlyArray<string>): PolicyVersion => ({
  version,
  priority: 500,
  installed: false,
  sources: indexes.map((index) => ({ priority: 500, index })),
})

const judge = (from: string, versions: ReadonlyArray<PolicyVersion>, enabled = Object.values(releases)) => {
  const [target = offered("0")] = versions
  return securityOf({ from, target, versions, releaseOf, vendors: securityVendors(enabled) })
}

describe("securityEvidence", () => {
  it.each([
    [
      "Debian",
      release("Debian", "Debian-Security", "oldstable-security", "bookworm-security"),
      "Debian-Security",
    ],
    [
      "Debian before bullseye",
      release("Debian", "Debian-Security", "oldoldstable", "buster"),
      "Debian-Security",
    ],
    ["Ubuntu", release("Ubuntu", "Ubuntu", "jammy-security", "jammy"), "Ubuntu jammy-security"],
    [
      "Ubuntu Pro",
      release("UbuntuESMApps", "UbuntuESMApps", "jammy-apps-security", "jammy"),
      "UbuntuESMApps jammy-apps-security",
    ],
    [
      "a derivative by codename",
      release("Devuan", "Devuan", "stable-security", "daedalus-security"),
      "Devuan daedalus-security",
    ],
    ["a derivative by label", release("LabOS", "LabOS Security", "now", "lab"), "LabOS Security"],
  ])("recognises %s", (_, file, value) => {
    assert.strictEqual(securityEvidence(file)?.value, value)
  })

  it.each([
    ["a suite word alone", release("Acme", "Acme", "stable-security", "wombat")],
    ["the release itself", releases.main],
    ["Ubuntu's updates", release("Ubuntu", "Ubuntu", "jammy-updates", "jammy")],
    ["a vendor of security software", release("CISOfy", "Lynis insecurity", "stable", "stable")],
    ["a Release file without fields", { notAutomatic: false }],
  ])("is not taken in by %s", (_, file) => {
    assert.isUndefined(securityEvidence(file))
  })
})

describe("securityOf", () => {
  it("says yes when the version comes from a security source among others", () => {
    assert.deepEqual(judge("1.0", [offered("1.1", "updates", "security")]), {
      verdict: "yes",
      evidence: [{ kind: "label", value: "Debian-Security" }],
    })
  })

  it("says no when the vendor's security source is enabled and does not have it", () => {
    assert.deepEqual(judge("1.0", [offered("1.1", "updates")]), { verdict: "no", evidence: [] })
  })

  it("does not know when the vendor's security source is not enabled", () => {
    const { verdict } = judge("1.0", [offered("1.1", "updates")], [releases.main, releases.updates])
    assert.strictEqual(verdict, "unknown")
  })

  it("does not know of a source without security data, or without a Release file", () => {
    assert.strictEqual(judge("1.0", [offered("1.1", "other")]).verdict, "unknown")
    assert.strictEqual(judge("1.0", [offered("1.1", "file:/srv ./ Packages")]).verdict, "unknown")
  })

  it("finds the newest of the security versions that a newer one hides", () => {
    const { verdict, fixedIn } = judge("1.0", [
      offered("2.0", "updates"),
      offered("1.0+sec2", "security"),
      offered("1.0+sec1", "security"),
      offered("1.0", "main"),
    ])
    assert.deepEqual([verdict, fixedIn], ["yes", "1.0+sec2"])
  })

  it("does not count a security version that is installed, or older", () => {
    const versions = [offered("2.0", "updates"), offered("1.0+sec1", "security")]
    assert.strictEqual(judge("1.0+sec1", versions).verdict, "no")
    assert.strictEqual(judge("1.5", versions).verdict, "no")
  })
})

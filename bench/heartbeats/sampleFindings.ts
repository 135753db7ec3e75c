import * as DateTime from "effect/DateTime"
import { createHash } from "node:crypto"
import type { Finding, Vulnerabilities } from "../../src/domain/Finding.ts"
import type { InstalledPackage } from "../../src/domain/Package.ts"

/** Digits that look drawn and are the same in every run. */
const digits = (index: number) => {
  const drawn = createHash("sha256").update(`finding ${index}`).digest()
  return (position: number, below: number) => drawn.readUInt16BE(position * 2) % below
}

const severities = ["critical", "important", "moderate", "low"] as const
const scopes = ["C:H/I:H/A:H", "C:L/I:L/A:N", "C:N/I:N/A:H", "C:H/I:N/A:N"] as const

const findingOf = ({ name, source, version }: InstalledPackage, index: number): Finding => {
  const drawn = digits(index)
  const year = 2020 + drawn(0, 7)
  const severity = severities[drawn(1, 4)] ?? "low"
  const fixed = drawn(2, 4) > 0
  return {
    cve: `CVE-${year}-${1000 + drawn(3, 50_000)}`,
    package: source ?? name,
    binaries: [name],
    installed: version,
    ...(fixed && { fixed: `${version}.1` }),
    status: fixed ? "fixed" : "affected",
    fix: fixed ? "available" : "none",
    advisories: [
      {
        id: fixed ? `DSA-${5000 + drawn(4, 900)}-1` : `CVE-${year}-${1000 + drawn(3, 50_000)}`,
        severity,
        date: `${year}-0${1 + drawn(5, 9)}-1${drawn(6, 10)}`,
        title: `${source ?? name} security update`,
      },
    ],
    severity,
    cvss: {
      vector: `CVSS:3.1/AV:${drawn(7, 2) === 0 ? "N" : "L"}/AC:L/PR:N/UI:N/S:U/${scopes[drawn(8, 4)] ?? ""}`,
      score: drawn(9, 100) / 10,
    },
    epss: drawn(10, 1000) / 1000,
    sources: ["feed"],
    confidence: "high",
  }
}

/** So many findings, several for most of the packages that have any, with everything a vendor can say of each. */
export const sampleVulnerabilities = (
  packages: ReadonlyArray<InstalledPackage>,
  count: number,
): Vulnerabilities => ({
  findings: Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const row = packages[(Math.floor(index / 5) * 7) % packages.length]
    return row === undefined ? [] : [findingOf(row, index)]
  }),
  coverage: {
    verdict: "vendor_data",
    release: "debian-12",
    feed: {
      serial: 412,
      generatedAt: DateTime.makeUnsafe("2026-11-20T06:00:00Z"),
      expiresAt: DateTime.makeUnsafe("2026-11-27T06:00:00Z"),
      stale: false,
      licence: "LicenseRef-debian-security-tracker",
      source: "2026-11-20",
      fixedIssuesOnly: false,
      endOfLife: false,
    },
    notEvaluated: packages.slice(0, 5).map(({ name }) => ({ package: name, reason: "third_party" })),
  },
})

import * as Schema from "effect/Schema"
import { Vulnerabilities } from "../../src/domain/Finding.ts"

const decode = Schema.decodeUnknownSync(Vulnerabilities)

const feed = {
  serial: 412,
  generatedAt: "2026-08-21T06:00:00.000Z",
  expiresAt: "2026-08-28T06:00:00.000Z",
  stale: false,
  licence: "MIT",
  source: "tracker 1f2e3d",
  fixedIssuesOnly: false,
  endOfLife: false,
}

const finding = (cve: string, name: string, more: object) => ({
  cve,
  package: name,
  binaries: [name],
  installed: "1.0-1",
  status: "fixed",
  fix: "available",
  advisories: [{ id: "DSA-1-1" }],
  sources: ["feed"],
  confidence: "high",
  ...more,
})

/** A finding in each state that there is. */
export const everyState = decode({
  findings: [
    finding("CVE-2026-1", "openssl", {
      binaries: ["libssl3", "openssl"],
      installed: "3.0.14-1",
      fixed: "3.0.15-1",
      severity: "critical",
      advisories: [{ id: "DSA-1-1" }, { id: "CVE-2026-1" }],
      cvss: { vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", score: 9.8 },
      kev: { ransomware: true },
      epss: 0.943,
    }),
    finding("CVE-2026-2", "curl", {
      fix: "none",
      status: "affected",
      cvss: { score: 7.5 },
      kev: { ransomware: false },
    }),
    finding("CVE-2026-3", "bash", { fixed: "1.0-2", fix: "held", severity: "moderate" }),
    finding("CVE-2026-4", "ffmpeg", { fixed: "1.0-2", fix: "needs_channel", channel: "pro", advisories: [] }),
    finding("CVE-2026-5", "linux", { fixed: "1.0-2", fix: "pending_reboot", severity: "important" }),
    finding("CVE-2026-6", "vim", { fixed: "1.0-2", fix: "not_in_enabled_repos", status: "fixed" }),
    finding("CVE-2026-7", "nodejs", { fixed: "1.0-2", fix: "unknown", confidence: "low", severity: "low" }),
    finding("CVE-2026-8", "tar", { fix: "none", status: "wont_fix", severity: "negligible" }),
    finding("CVE-2026-9", "tar", { fix: "none", status: "under_investigation" }),
  ],
  coverage: {
    verdict: "vendor_data",
    release: "debian-12",
    feed,
    notEvaluated: [
      { package: "nginx", reason: "third_party" },
      { package: "linux-image-6.1.0-9-amd64", reason: "old_kernel" },
    ],
  },
})

export const clean = decode({
  findings: [],
  coverage: { verdict: "vendor_data", release: "debian-12", feed, notEvaluated: [] },
})

/** What little is known, by data that are old, of a release that is older. */
export const doubtful = decode({
  findings: [],
  coverage: {
    verdict: "vendor_data",
    release: "alpine-3.15",
    feed: { ...feed, stale: true, fixedIssuesOnly: true, endOfLife: true },
    notEvaluated: [{ package: "nginx", reason: "third_party" }],
  },
})

export const noData = decode({
  findings: [],
  coverage: { verdict: "no_vendor_data", detail: "nobody\nsigned \u{1b}[31mit", notEvaluated: [] },
})

/** Only the package manager's own advisories. */
export const nativeOnly = decode({
  findings: [finding("CVE-2026-1", "openssl", { fixed: "1.0-2", sources: ["native"] })],
  coverage: { verdict: "no_vendor_data", release: "fedora-42", detail: "no feed", notEvaluated: [] },
})

/** More than fit on a screen. */
export const many = decode({
  findings: Array.from({ length: 24 }, (_, index) =>
    finding(`CVE-2026-${100 + index}`, `p${index}`, { fixed: "2" }),
  ),
  coverage: { verdict: "vendor_data", release: "debian-12", feed, notEvaluated: [] },
})

import * as Schema from "effect/Schema"
import { Text } from "./Text.ts"

/** What the vendor says about a vulnerability in a package. `fixed`: there is a version without it. */
export const VendorStatus = Schema.Literals([
  "fixed",
  "affected",
  "wont_fix",
  "deferred",
  "end_of_life",
  "under_investigation",
])
export type VendorStatus = typeof VendorStatus.Type

/** Severities as vendors rank them, highest first. */
export const Severity = Schema.Literals(["critical", "important", "moderate", "low", "negligible"])
export type Severity = typeof Severity.Type

/**
 * What this host can do about a finding now. `unknown` where nobody asked a package manager, as for an inventory from a
 * file; `held` for every update that is kept back, `needs_channel` where it takes a subscription,
 * `mitigated_livepatch` while a live patch mends the running kernel.
 */
export const FixState = Schema.Literals([
  "available",
  "needs_channel",
  "not_in_enabled_repos",
  "held",
  "pending_reboot",
  "mitigated_livepatch",
  "none",
  "unknown",
])
export type FixState = typeof FixState.Type

/** One publication of the vendor that names the vulnerability. */
export const FindingAdvisory = Schema.Struct({
  id: Text,
  severity: Schema.optionalKey(Severity),
  /** `2026-05-04`. */
  date: Schema.optionalKey(Text),
  title: Schema.optionalKey(Text),
  /** The version that fixes it according to this advisory of the package manager, where the feed names another. */
  fixed: Schema.optionalKey(Text),
})
export type FindingAdvisory = typeof FindingAdvisory.Type

/**
 * One vulnerability of one installed package. `package` is the name that the vendor's data are keyed by: the source on
 * dpkg and apk, the binary on rpm, the name on pacman; `installed` and `fixed` are versions of that key.
 */
export const Finding = Schema.Struct({
  /** A CVE id, or the vendor's own where there is none. */
  cve: Text,
  package: Text,
  /** The installed packages that are affected, sorted. */
  binaries: Schema.Array(Text),
  architecture: Schema.optionalKey(Text),
  /** `NAME:STREAM` of an rpm module. */
  module: Schema.optionalKey(Text),
  installed: Text,
  /** The version that fixes it according to every advisory listed. */
  fixed: Schema.optionalKey(Text),
  status: VendorStatus,
  fix: FixState,
  /** With `needs_channel`: `pro`, `eus`, `ltss`. */
  channel: Schema.optionalKey(Text),
  advisories: Schema.Array(FindingAdvisory),
  severity: Schema.optionalKey(Severity),
  cvss: Schema.optionalKey(
    Schema.Struct({ vector: Schema.optionalKey(Text), score: Schema.optionalKey(Schema.Finite) }),
  ),
  /** In CISA's catalogue of known exploited vulnerabilities. */
  kev: Schema.optionalKey(Schema.Struct({ ransomware: Schema.Boolean })),
  /** The chance of exploitation within 30 days, from 0 to 0.999, by FIRST's EPSS. */
  epss: Schema.optionalKey(Schema.Finite),
  sources: Schema.Array(Schema.Literals(["feed", "native"])),
  /** `low`: the module stream of the package could not be established. */
  confidence: Schema.Literals(["high", "low"]),
}).annotate({ identifier: "Finding" })
export type Finding = typeof Finding.Type

/** Packages that no vendor data are for, so that nothing is known about them. */
export const NotEvaluated = Schema.Struct({
  package: Text,
  reason: Schema.Literals(["backport", "third_party", "old_kernel"]),
})
export type NotEvaluated = typeof NotEvaluated.Type

/** What the findings rest on, always shown with them: no finding means nothing without it. */
export const Coverage = Schema.Struct({
  /** `no_vendor_data`: there is no feed for this release; the findings are those of the package manager alone. */
  verdict: Schema.Literals(["vendor_data", "no_vendor_data"]),
  /** The feed's name, `almalinux-9`; absent where the system could not be named. */
  release: Schema.optionalKey(Text),
  feed: Schema.optionalKey(
    Schema.Struct({
      serial: Schema.Int,
      generatedAt: Schema.DateTimeUtcFromString,
      expiresAt: Schema.DateTimeUtcFromString,
      /** Past its expiry: used all the same, because old knowledge beats none. */
      stale: Schema.Boolean,
      licence: Text,
      source: Text,
      /** The vendor publishes only what it has fixed; what is open is unknown. */
      fixedIssuesOnly: Schema.Boolean,
      endOfLife: Schema.Boolean,
    }),
  ),
  /** Why there is no feed, or why a new one was refused, for people. */
  detail: Schema.optionalKey(Schema.String),
  notEvaluated: Schema.Array(NotEvaluated),
}).annotate({ identifier: "Coverage" })
export type Coverage = typeof Coverage.Type

/** What is known about the vulnerabilities of a host. */
export const Vulnerabilities = Schema.Struct({ findings: Schema.Array(Finding), coverage: Coverage })
export type Vulnerabilities = typeof Vulnerabilities.Type

/** Shown only on demand, and never counted: what the vendor calls negligible or has not looked at yet. */
export const isHidden = ({ status, severity }: Pick<Finding, "status" | "severity">): boolean =>
  status === "under_investigation" || severity === "negligible"

/** The vendor's word, else what CVSS v3 calls a score: `important` is its "high" and `moderate` its "medium". */
export const severityOf = ({ severity, cvss }: Pick<Finding, "severity" | "cvss">): Severity | undefined => {
  if (severity !== undefined || cvss?.score === undefined) return severity
  const { score } = cvss
  return score >= 9
    ? "critical"
    : score >= 7
      ? "important"
      : score >= 4
        ? "moderate"
        : score > 0
          ? "low"
          : undefined
}

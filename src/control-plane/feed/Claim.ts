import type { Severity, VendorStatus } from "../../domain/Finding.ts"

/** What vendors publish: an advisory that may fix many CVEs, or a verdict on one. */
export interface Publication {
  readonly id: string
  /** Sorted, at least one. */
  readonly cves: ReadonlyArray<string>
  readonly severity?: Severity
  /** `2026-05-04`, or empty. */
  readonly date: string
  readonly title: string
  /** Decides between two copies of a publication: the later one counts. */
  readonly modified: string
  /**
   * How good the word on a (package, CVE) pair is. 0, an advisory: it fixes what it lists together, not every CVE for
   * every package for the first time. 1, the vendor's OSV record of the CVE; 2, the vendor's own data base, which
   * those records are made from.
   */
  readonly authority: 0 | 1 | 2
}

/** What a publication says about one package of the release: a `FeedRow` before everything is known. */
export interface Claim {
  readonly package: string
  readonly publication: Publication
  /** For this package and release, where the vendor says it apart. */
  readonly severity?: Severity
  readonly fixed?: string
  readonly introduced?: string
  readonly status: VendorStatus
  readonly notAffected: boolean
  readonly module?: string
  readonly channel?: string
  readonly line?: string
  /** The packages built from the source that have the vulnerability, and the build that the list is about. */
  readonly binaries?: { readonly build: string; readonly names: ReadonlyArray<string> }
}

/** Why something of the input is not in the feed, or not as it stands there. */
export const leftOutReasons = {
  invalid: "not of the expected shape; named in the warnings",
  withdrawn: "withdrawn by the vendor",
  rejected: "the CVE was rejected",
  livepatch: "live patches, which update no package",
  no_vulnerability: "advisories that name no CVE",
  other_release: "about other releases",
  no_version_range: "entries without versions of the distribution",
  never_shipped: "entries fixed before the release shipped the package",
  other_build: "entries for builds of a special interest group",
  superseded: "entries that a more exact source decides",
  no_upper_bound: "kept as open: entries that end with a last affected version",
} as const
export type LeftOutReason = keyof typeof leftOutReasons

/** What one record of the input comes to. */
export interface Reading {
  readonly claims: ReadonlyArray<Claim>
  readonly leftOut: ReadonlyArray<LeftOutReason>
}

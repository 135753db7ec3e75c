import { type Finding, type FixState, isHidden } from "./Finding.ts"

/** Findings in numbers; hidden ones are not counted. */
export interface FindingCounts {
  /** Distinct CVEs, however many packages have them. */
  readonly cves: number
  readonly advisories: number
  readonly packages: number
  /** CVEs that are known to be exploited. */
  readonly knownExploited: number
  /**
   * Every CVE once. With several packages the one that is worst off decides, so that what counts as `available` is gone
   * once the updates are installed.
   */
  readonly byFix: Readonly<Record<FixState, number>>
  /** Of these, the ones that are known to be exploited. */
  readonly exploitedByFix: Readonly<Record<FixState, number>>
  /** Packages with a finding that an available update fixes. */
  readonly updatedPackages: number
}

/** From the state that leaves a host exposed the longest to the one that is mended the soonest. */
const worstFirst: ReadonlyArray<FixState> = [
  "none",
  "unknown",
  "not_in_enabled_repos",
  "needs_channel",
  "held",
  "pending_reboot",
  "available",
]

const distinct = (texts: ReadonlyArray<string>): number => new Set(texts).size

const byState = (fixes: ReadonlyArray<{ readonly fix: FixState | undefined }>): Record<FixState, number> => {
  const count = (state: FixState) => fixes.filter(({ fix }) => fix === state).length
  return {
    available: count("available"),
    needs_channel: count("needs_channel"),
    not_in_enabled_repos: count("not_in_enabled_repos"),
    held: count("held"),
    pending_reboot: count("pending_reboot"),
    none: count("none"),
    unknown: count("unknown"),
  }
}

/** The numbers that people ask for first. */
export const findingCounts = (findings: ReadonlyArray<Finding>): FindingCounts => {
  const shown = findings.filter((finding) => !isHidden(finding))
  const exploited = new Set(shown.filter(({ kev }) => kev !== undefined).map(({ cve }) => cve))
  const available = shown.filter(({ fix }) => fix === "available")
  const fixes = [...Map.groupBy(shown, ({ cve }) => cve)].map(([cve, all]) => ({
    cve,
    fix: worstFirst.find((state) => all.some(({ fix }) => fix === state)),
  }))
  return {
    cves: fixes.length,
    advisories: distinct(shown.flatMap(({ advisories }) => advisories.map(({ id }) => id))),
    packages: distinct(shown.map((finding) => finding.package)),
    knownExploited: exploited.size,
    byFix: byState(fixes),
    exploitedByFix: byState(fixes.filter(({ cve }) => exploited.has(cve))),
    updatedPackages: distinct(available.map((finding) => finding.package)),
  }
}

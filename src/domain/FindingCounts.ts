import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Finding, type FixState, isHidden } from "./Finding.ts"

/** Absent is none: whoever counted knew of no such state. */
const Count = Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))

/** How many are in each state. */
const ByFix = Schema.Struct({
  available: Count,
  needs_channel: Count,
  not_in_enabled_repos: Count,
  held: Count,
  pending_reboot: Count,
  mitigated_livepatch: Count,
  none: Count,
  unknown: Count,
})

/** Findings in numbers; hidden ones are not counted. */
export const FindingCounts = Schema.Struct({
  /** Distinct CVEs, however many packages have them. */
  cves: Schema.Int,
  advisories: Schema.Int,
  packages: Schema.Int,
  /** CVEs that are known to be exploited. */
  knownExploited: Schema.Int,
  /**
   * Every CVE once. With several packages the one that is worst off decides, so that what counts as `available` is gone
   * once the updates are installed.
   */
  byFix: ByFix,
  /** Of these, the ones that are known to be exploited. */
  exploitedByFix: ByFix,
  /** Packages with a finding that an available update fixes. */
  updatedPackages: Schema.Int,
}).annotate({ identifier: "FindingCounts" })
export type FindingCounts = typeof FindingCounts.Type

/** From the state that leaves a host exposed the longest to the one that is mended the soonest. */
const worstFirst: ReadonlyArray<FixState> = [
  "none",
  "unknown",
  "not_in_enabled_repos",
  "needs_channel",
  "held",
  "pending_reboot",
  "available",
  "mitigated_livepatch",
]

const distinct = (texts: ReadonlyArray<string>): number => new Set(texts).size

const byState = (fixes: ReadonlyArray<{ readonly fix: FixState | undefined }>): typeof ByFix.Type => {
  const count = (state: FixState) => fixes.filter(({ fix }) => fix === state).length
  return {
    available: count("available"),
    needs_channel: count("needs_channel"),
    not_in_enabled_repos: count("not_in_enabled_repos"),
    held: count("held"),
    pending_reboot: count("pending_reboot"),
    mitigated_livepatch: count("mitigated_livepatch"),
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

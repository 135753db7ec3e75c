import * as DateTime from "effect/DateTime"
import type { Coverage, FixState, NotEvaluated, Vulnerabilities } from "../domain/Finding.ts"
import { type FindingCounts, findingCounts } from "../domain/FindingCounts.ts"
import { findingsTable } from "./findingsTable.ts"
import { counted, oneLine, type Paint } from "./plainText.ts"

const cves = (count: number): string => counted(count, "CVE")

/** What can be said of a number of CVEs in each state, in the order in which an operator acts. */
const sentences = (counts: FindingCounts): ReadonlyArray<readonly [FixState, (count: number) => string]> => [
  ["available", (count) => `updates of ${counted(counts.updatedPackages, "package")} fix ${cves(count)}`],
  ["pending_reboot", (count) => `a restart fixes ${cves(count)}`],
  ["held", (count) => `updates that cannot be installed now fix ${cves(count)}`],
  ["needs_channel", (count) => `a subscription fixes ${cves(count)}`],
  ["not_in_enabled_repos", (count) => `${cves(count)} fixed in no enabled repository`],
  ["unknown", (count) => `${cves(count)} fixed in newer versions`],
  ["none", (count) => `${cves(count)} ${count === 1 ? "has" : "have"} no fix yet`],
]

const reasonWords: Readonly<Record<NotEvaluated["reason"], string>> = {
  third_party: "third party",
  backport: "backport",
  old_kernel: "old kernel",
}

const notEvaluatedText = (packages: ReadonlyArray<NotEvaluated>): ReadonlyArray<string> => {
  if (packages.length === 0) return []
  const reasons = [...Map.groupBy(packages, ({ reason }) => reason)]
  const words = reasons.map(([reason, those]) =>
    reasons.length === 1 ? reasonWords[reason] : `${those.length} ${reasonWords[reason]}`,
  )
  return [`${counted(packages.length, "package")} not evaluated (${words.join(", ")})`]
}

/** A source that lists only what is fixed says nothing of what is open. */
const noneText = ({ feed }: Coverage): string =>
  feed?.fixedIssuesOnly === true ? "none known that has a fix" : "none known"

/**
 * One line: what installing updates mends, what else it takes, what nothing mends yet, what was not looked at. Without
 * vendor data it never says that there are none.
 */
export const findingsSummary = ({ findings, coverage }: Vulnerabilities): string => {
  const counts = findingCounts(findings)
  const states = sentences(counts).flatMap(([state, sentence]) => {
    const count = counts.byFix[state]
    const exploited = counts.exploitedByFix[state]
    if (count === 0) return []
    return [`${sentence(count)}${exploited === 0 ? "" : ` (${exploited} known exploited)`}`]
  })
  const left = notEvaluatedText(coverage.notEvaluated)
  if (coverage.verdict === "vendor_data") {
    return [...(states.length === 0 ? [noneText(coverage)] : states), ...left].join("; ")
  }
  const unknown = states.length === 0 ? "unknown" : "others unknown"
  return [...states, `${unknown}, because there are no vendor data`, ...left].join("; ")
}

const dateText = (at: DateTime.Utc): string => DateTime.formatIso(at).slice(0, 10)

/** What the findings rest on, and what that leaves out. */
export const coverageText = ({ release, feed, detail }: Coverage, colours: Paint): string => {
  const name = oneLine(release ?? "this system")
  const reason = detail === undefined ? [] : [oneLine(detail)]
  if (feed === undefined) return [colours.doubtful(`no vendor data for ${name}`), ...reason].join(": ")
  const told = oneLine(
    `${name} of ${dateText(feed.generatedAt)} (serial ${feed.serial}, ${feed.licence}, ${feed.source})`,
  )
  return [
    told,
    ...(feed.stale
      ? [colours.bad(`expired on ${dateText(feed.expiresAt)}, newer vulnerabilities are missing`)]
      : []),
    ...(feed.fixedIssuesOnly ? ["fixed issues only, what has no fix yet is not in it"] : []),
    ...(feed.endOfLife ? [colours.doubtful("end of life, the vendor looks after this release no more")] : []),
    ...reason,
  ].join("; ")
}

/** The findings for people: table and coverage, without the summary. */
export const findingsText = (
  { findings, coverage }: Vulnerabilities,
  all: boolean,
  colours: Paint,
): ReadonlyArray<string> => {
  const table = findingsTable(findings, all, colours)
  return [
    ...(table.length === 0 ? [] : [...table, ""]),
    `Vulnerability data: ${coverageText(coverage, colours)}`,
  ]
}

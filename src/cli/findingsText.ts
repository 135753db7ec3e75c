import type { Coverage, Vulnerabilities } from "../domain/Finding.ts"
import { findingCounts } from "../domain/FindingCounts.ts"
import { coverageWords, findingsWords } from "../vulnerability/findingsWords.ts"
import { findingsTable } from "./findingsTable.ts"
import { oneLine, type Paint } from "./plainText.ts"

/** What a scan found, on one line. */
export const findingsSummary = ({ findings, coverage }: Vulnerabilities): string =>
  findingsWords(findingCounts(findings), coverage, coverage.notEvaluated)

/** What the findings rest on, and what that leaves out. */
export const coverageText = (coverage: Coverage, colours: Paint): string => {
  const paints = { plain: (text: string) => text, doubtful: colours.doubtful, bad: colours.bad }
  const remarks = coverageWords(coverage).map(({ text, tone }) => paints[tone](oneLine(text)))
  return remarks.join(coverage.feed === undefined ? ": " : "; ")
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

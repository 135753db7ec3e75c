import { type Finding, isHidden } from "../domain/Finding.ts"
import { alignedRows } from "./alignedRows.ts"
import { counted, oneLine, type Paint } from "./plainText.ts"

/** As many findings as a person reads at once. */
const mostRows = 20

/** `available`, `needs channel (pro)`. */
export const fixText = ({
  fix,
  channel,
  confidence,
}: Pick<Finding, "fix" | "channel" | "confidence">): string => {
  const state = channel === undefined ? fix.replaceAll("_", " ") : `${fix.replaceAll("_", " ")} (${channel})`
  return confidence === "low" ? `${state}, unsure of the module stream` : state
}

const kevText = ({ kev }: Finding, colours: Paint): string =>
  kev === undefined ? "" : colours.bad(kev.ransomware ? "ransomware" : "yes")

/** The vendor's word, else the score that there is. */
const severityText = ({ severity, cvss }: Finding): string =>
  severity ?? (cvss?.score === undefined ? "" : `CVSS ${cvss.score}`)

const advisoriesText = ({ advisories }: Finding): string => {
  const [first, ...others] = advisories
  if (first === undefined) return ""
  return others.length === 0 ? oneLine(first.id) : `${oneLine(first.id)} +${others.length}`
}

const cells = (finding: Finding, colours: Paint): ReadonlyArray<string> => {
  const fix = oneLine(fixText(finding))
  return [
    kevText(finding, colours),
    oneLine(finding.cve),
    oneLine(finding.package),
    oneLine(finding.installed),
    oneLine(finding.fixed ?? "-"),
    finding.fix === "available" ? colours.good(fix) : fix,
    severityText(finding),
    advisoriesText(finding),
  ]
}

const leftOut = (rows: number, hidden: number): ReadonlyArray<string> => {
  const parts = [
    ...(rows > 0 ? [`${counted(rows, "more finding")}`] : []),
    ...(hidden > 0 ? [`${counted(hidden, "finding")} negligible or under investigation`] : []),
  ]
  return parts.length === 0 ? [] : [`Not shown: ${parts.join(", ")}; --all shows everything`]
}

/** The findings in their order: the first ones, or all of them with the hidden ones. */
export const findingsTable = (
  findings: ReadonlyArray<Finding>,
  all: boolean,
  colours: Paint,
): ReadonlyArray<string> => {
  const visible = all ? findings : findings.filter((finding) => !isHidden(finding))
  const rows = all ? visible : visible.slice(0, mostRows)
  const head = ["KEV", "CVE", "PACKAGE", "INSTALLED", "FIXED", "FIX", "SEVERITY", "ADVISORY"]
  return [
    ...(rows.length === 0
      ? []
      : alignedRows([head.map(colours.strong), ...rows.map((finding) => cells(finding, colours))])),
    ...leftOut(visible.length - rows.length, findings.length - visible.length),
  ]
}

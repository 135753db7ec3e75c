import { type Finding, isHidden } from "../domain/Finding.ts"
import { alignedRows } from "../vulnerability/alignedRows.ts"
import { findingCells, findingColumns } from "../vulnerability/findingCells.ts"
import { counted, oneLine, type Paint } from "./plainText.ts"

/** As many findings as a person reads at once. */
const mostRows = 20

const cells = (finding: Finding, colours: Paint): ReadonlyArray<string> => {
  const texts = findingCells(finding)
  return findingColumns.map((column) => {
    const text = oneLine(texts[column])
    if (column === "KEV" && text !== "") return colours.bad(text)
    return column === "FIX" && finding.fix === "available" ? colours.good(text) : text
  })
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
  return [
    ...(rows.length === 0
      ? []
      : alignedRows([findingColumns.map(colours.strong), ...rows.map((finding) => cells(finding, colours))])),
    ...leftOut(visible.length - rows.length, findings.length - visible.length),
  ]
}

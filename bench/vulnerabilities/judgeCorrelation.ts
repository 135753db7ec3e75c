import type { SizeReport } from "./CorrelationReport.ts"
import { highest } from "./correlationText.ts"

/** Where the machine has other work to do, wall time tells of that: processor time must be above the limit too. */
export const problemsOf = (row: SizeReport): ReadonlyArray<string> => {
  const name = `${row.installed} packages with ${row.pairs} pairs and ${row.facts} CVE facts`
  const above = highest(row)
  return [
    ...(Math.min(row.wall, row.processor) <= row.wallLimit
      ? []
      : [`${name} take ${row.wall} ms (${row.processor} of a processor), the limit is ${row.wallLimit}`]),
    ...(above <= row.kilobytesLimit
      ? []
      : [`${name} take ${above} KB above idle, the limit is ${row.kilobytesLimit}`]),
  ]
}

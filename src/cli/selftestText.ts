import type { SelfCheck } from "../domain/SelfCheck.ts"
import { counted, oneLine, type Paint } from "./plainText.ts"

const mark = (outcome: SelfCheck["outcome"], colours: Paint): string => {
  const word = outcome.padEnd(7)
  return { ok: colours.good, warning: colours.doubtful, failed: colours.bad, skipped: colours.faint }[
    outcome
  ](word)
}

/** What `patchctl selftest` prints: one line a check, a remedy below each that is not ok, and the sum. */
export const selftestText = (checks: ReadonlyArray<SelfCheck>, colours: Paint): string => {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const count = (outcome: SelfCheck["outcome"]) => checks.filter((check) => check.outcome === outcome).length
  return [
    ...checks.flatMap((check) => [
      `${mark(check.outcome, colours)}  ${check.name.padEnd(width)}  ${oneLine(check.detail)}`,
      ...(check.outcome === "ok" ? [] : [`${" ".repeat(width + 11)}-> ${oneLine(check.remedy)}`]),
    ]),
    "",
    `${counted(checks.length, "check")}: ${count("ok")} ok, ${counted(count("warning"), "warning")}, ${count("failed")} failed, ${count("skipped")} skipped`,
  ].join("\n")
}

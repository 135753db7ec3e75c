import type { InstallPlan, InstallReport } from "../../domain/InstallPlan.ts"
import { plainTable } from "./plainTable.ts"

/** A table under its own heading, or nothing. */
const section = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>) =>
  rows.length === 0 ? [] : ["", plainTable(head, rows)]

const changes = ({ installs, removals }: InstallPlan) => [
  ...installs.map((row) => [row.name, row.architecture, row.from ?? "-", row.to, row.role]),
  ...removals.map((row) => [row.name, row.architecture, row.from, "-", "removal"]),
]

const notes = ({
  plan,
  preflight,
  newConfigurationFiles,
  reboot,
  restartNeeded,
  restart,
}: InstallReport): ReadonlyArray<string> => [
  ...preflight.map(({ detail, remedy }) => `Stopped: ${detail}. ${remedy}`),
  ...plan.unmatchedExcludes.map((glob) => `The exclusion ${glob} matched nothing.`),
  ...newConfigurationFiles.map((path) => `New configuration file beside the local one: ${path}`),
  ...(reboot === undefined
    ? [`Reboot expected: ${plan.rebootExpected}`]
    : [`Reboot required: ${reboot.required}`]),
  ...(restartNeeded === undefined || restartNeeded.units.length === 0
    ? []
    : [`Still running replaced code: ${restartNeeded.units.join(", ")}`]),
  ...(restart?.bootIdAfter === undefined
    ? []
    : [`Restarted: kernel ${restart.kernelBefore}, now ${restart.kernelAfter ?? "unknown"}`]),
]

/** A plan, what was left out of it and why, and what came of it. */
export const installReportText = (report: InstallReport): string =>
  [
    `Plan ${report.plan.digest}${report.dryRun ? " (dry run: nothing was changed)" : ""}`,
    ...section(["PACKAGE", "ARCHITECTURE", "FROM", "TO", "ROLE"], changes(report.plan)),
    ...section(
      ["LEFT OUT", "INSTALLED", "WANTED", "REASON"],
      report.plan.leftOut.map((row) => [row.name, row.from ?? "-", row.wanted ?? "-", row.reason]),
    ),
    ...section(
      ["PACKAGE", "WANTED", "FOUND", "OUTCOME", "MESSAGE"],
      report.outcomes.map((row) => [row.name, row.wanted, row.found ?? "-", row.outcome, row.message ?? ""]),
    ),
    "",
    ...notes(report),
  ].join("\n")

import type * as DateTime from "effect/DateTime"
import type { AgentStatus } from "../domain/AgentStatus.ts"
import type { StatusReport, Verdict } from "./judgeStatus.ts"
import { counted, oneLine, type Paint } from "./plainText.ts"
import { rebootText, updatesText } from "./summaryText.ts"
import { textTable } from "./textTable.ts"
import { durationText, instantText, relativeText, secondsBetween } from "./timeText.ts"

const words: Record<Verdict, string> = {
  healthy: "healthy",
  degraded: "degraded",
  not_running: "not running",
  unknown: "unknown",
}

const colourOf = (verdict: Verdict, colours: Paint) =>
  ({ healthy: colours.good, degraded: colours.doubtful, not_running: colours.bad, unknown: colours.bad })[
    verdict
  ](words[verdict])

const clockText = (skewSeconds: number | undefined): string => {
  if (skewSeconds === undefined) return "not compared yet"
  const seconds = Math.abs(skewSeconds)
  if (seconds < 1) return "agrees with the server's"
  return `${durationText(seconds)} ${skewSeconds > 0 ? "behind" : "ahead of"} the server's`
}

const beatText = (status: AgentStatus, now: DateTime.Utc): string => {
  const accepted = status.loops.find(({ name }) => name === "heartbeat")?.lastSuccessAt
  const last = accepted === undefined ? "none accepted yet" : `accepted ${relativeText(accepted, now)}`
  return status.nextBeatAt === undefined ? last : `${last}, next ${relativeText(status.nextBeatAt, now)}`
}

const scanLine = ({ lastScan }: AgentStatus, now: DateTime.Utc): string => {
  if (lastScan === undefined) return "none finished yet"
  const { counts, completeness, finishedAt } = lastScan
  return `${relativeText(finishedAt, now)}, ${completeness.verdict}: ${counted(counts.packages, "package")}, ${updatesText(counts, completeness)}`
}

const rows = (
  status: AgentStatus,
  running: boolean,
  now: DateTime.Utc,
): ReadonlyArray<readonly [string, string]> => [
  ["version", status.agentVersion],
  [
    "process",
    running
      ? `${status.pid}, running for ${durationText(secondsBetween(status.startedAt, now))}`
      : `${status.pid}, started ${instantText(status.startedAt)}, gone`,
  ],
  [
    "server",
    `${status.apiUrl}, ${status.agentId === undefined ? "not enrolled yet" : `as ${status.agentId}`}`,
  ],
  ["heartbeat", beatText(status, now)],
  ["clock", clockText(status.clockSkewSeconds)],
  ["scan", scanLine(status, now)],
  [
    "command",
    status.running === undefined
      ? "none"
      : `${oneLine(status.running.command)} for ${durationText(secondsBetween(status.running.startedAt, now))} (${status.running.commandId})`,
  ],
  ["results", status.pendingResults === 0 ? "all delivered" : `${status.pendingResults} wait for delivery`],
  ["reboot", status.reboot === undefined ? "not checked yet" : rebootText(status.reboot)],
]

const updateRow = ({ update }: StatusReport, now: DateTime.Utc): ReadonlyArray<readonly [string, string]> =>
  update === undefined
    ? []
    : [
        [
          "update",
          `${relativeText(update.at, now)}, ${update.outcome.replaceAll("_", " ")}: ${update.detail}`,
        ],
      ]

/** What `patchctl status` prints: the verdict, what is wrong, and what the daemon said last. */
export const statusText = (report: StatusReport, now: DateTime.Utc, colours: Paint): string =>
  [
    `PatchCTL agent: ${colourOf(report.verdict, colours)}`,
    ...report.findings.flatMap(({ detail, remedy }) => [`  ${oneLine(detail)}`, `    -> ${oneLine(remedy)}`]),
    ...(report.status === undefined
      ? []
      : [
          "",
          textTable(
            [],
            [...rows(report.status, report.verdict !== "not_running", now), ...updateRow(report, now)].map(
              ([name, value]) => [`  ${name}`, oneLine(value)],
            ),
          ),
        ]),
  ].join("\n")

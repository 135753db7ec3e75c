import { isHidden } from "../../domain/Finding.ts"
import type { AvailableUpdate } from "../../domain/Update.ts"
import type { Server, ServerScan } from "../../protocol/OperatorApi.ts"
import { alignedRows } from "../../vulnerability/alignedRows.ts"
import { findingCells, findingColumns } from "../../vulnerability/findingCells.ts"
import { coverageWords, findingsWords } from "../../vulnerability/findingsWords.ts"
import { instantText } from "./instantText.ts"
import { plainTable, printable } from "./plainTable.ts"
import { onlineText } from "./serversText.ts"

export interface ServerView {
  readonly server: Server
  readonly scan?: ServerScan
}

const gibibytes = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`

const loadText = ({ metrics }: Server) =>
  metrics === undefined
    ? "-"
    : `CPU ${metrics.cpuUsedPercent.toFixed(0)} %, load ${metrics.load1.toFixed(2)}, memory ${gibibytes(metrics.memoryAvailableBytes)} of ${gibibytes(metrics.memoryTotalBytes)} available`

const stateText = (server: Server) =>
  server.lastBeatAt === undefined
    ? "enrolled, no heartbeat yet"
    : `${onlineText(server)}, ${server.heartbeats} heartbeats, last ${instantText(server.lastBeatAt)}`

const scanText = (scan: ServerScan | undefined) => {
  if (scan === undefined) return "none yet"
  const { counts, completeness } = scan.summary
  const numbers = `packages: ${counts.packages}, updates: ${counts.updates}, security: ${counts.securityUpdates}, held back: ${counts.heldBack}`
  const doubts =
    completeness.verdict === "complete"
      ? ""
      : `: ${completeness.reasons.map(({ detail }) => detail).join("; ")}`
  return `${instantText(scan.receivedAt)}, ${completeness.verdict}${doubts}; ${numbers}`
}

const installableText = ({ installable }: AvailableUpdate) =>
  installable.answer === "yes" ? "yes" : `no: ${installable.reason}`

export const updatesText = (updates: ReadonlyArray<AvailableUpdate>): string =>
  plainTable(
    ["PACKAGE", "ARCHITECTURE", "INSTALLED", "AVAILABLE", "SECURITY", "INSTALLABLE"],
    updates.map((update) => [
      update.name,
      update.architecture,
      update.from,
      update.to,
      update.security.verdict,
      installableText(update),
    ]),
  )

const vulnerabilityRows = (scan: ServerScan | undefined): ReadonlyArray<ReadonlyArray<string>> => {
  if (scan === undefined) return []
  const { report, notEvaluated = [] } = scan
  if (report === undefined) return [["Vulnerabilities", "not looked for by this agent"]]
  const basis = coverageWords(report.coverage).map(({ text }) => text)
  return [
    ["Vulnerabilities", findingsWords(report.counts, report.coverage, notEvaluated)],
    ["Vulnerability data", basis.join(report.coverage.feed === undefined ? ": " : "; ")],
  ]
}

/** Every finding but those that are hidden by default, in the order in which the agent lists them. */
const findingsText = ({ findings = [], report }: ServerScan): ReadonlyArray<string> => {
  const shown = findings.filter((finding) => !isHidden(finding))
  const left = [
    ...(findings.length > shown.length
      ? [`${findings.length - shown.length} negligible or under investigation`]
      : []),
    ...(report?.omitted === undefined ? [] : [`${report.omitted} that the agent did not send`]),
  ]
  return [
    ...(shown.length === 0
      ? []
      : [
          "",
          ...alignedRows([
            findingColumns,
            ...shown.map((finding) => Object.values(findingCells(finding)).map(printable)),
          ]),
        ]),
    ...(left.length === 0 ? [] : ["", `Not shown: ${left.join(", ")}; --json has what was sent`]),
  ]
}

/** With `findings` the table of findings as well. */
export const showText = ({ server, scan }: ServerView, findings: boolean): string => {
  const rows = [
    ["Server", server.agentId],
    ...(server.formerAgentId === undefined ? [] : [["Formerly", server.formerAgentId]]),
    ["Host", `${server.facts.hostname} (${server.facts.osName}, ${server.facts.architecture})`],
    ["Kernel", server.facts.kernelRelease],
    ["Agent", `${server.agentVersion}, enrolled ${instantText(server.enrolledAt)}`],
    ["State", stateText(server)],
    ["Load", loadText(server)],
    ["Reboot required", server.reboot],
    ...(server.running === undefined
      ? []
      : [
          [
            "Running",
            `${server.running.command} for ${server.running.runningSeconds} s (${server.running.commandId})`,
          ],
        ]),
    ...(server.cloneSuspected
      ? [["Clone suspected", "two hosts share this identity or two identities this machine"]]
      : []),
    ["Last scan", scanText(scan)],
    ...vulnerabilityRows(scan),
  ]
  const updates = scan?.updates ?? []
  return [
    plainTable([], rows),
    ...(updates.length === 0 ? [] : ["", updatesText(updates)]),
    ...(findings && scan !== undefined ? findingsText(scan) : []),
  ].join("\n")
}

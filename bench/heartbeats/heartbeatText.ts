import { textTable } from "../../src/cli/textTable.ts"
import { budgets } from "../budgets.ts"
import type { Bytes, Growth, HeartbeatReport, Latency } from "./HeartbeatReport.ts"

const latencyRow = (name: string, { count, p50, p95, p99, max }: Latency) =>
  [name, count, p50, p95, p99, max].map(String)

const bytesRow = (name: string, { sent, received }: Bytes, limit: number | undefined) => [
  name,
  String(sent),
  String(received),
  limit === undefined ? "" : String(limit),
]

const growthRow = (name: string, { samplesKilobytes, slopeKilobytesPer100Beats }: Growth, limit?: number) => [
  name,
  ((samplesKilobytes[0] ?? 0) / 1024).toFixed(1),
  ((samplesKilobytes.at(-1) ?? 0) / 1024).toFixed(1),
  String(slopeKilobytesPer100Beats),
  limit === undefined ? "" : String(limit),
]

/** The report for people. */
export const heartbeatText = (report: HeartbeatReport): string => {
  const { latencyMilliseconds: latency } = report
  return [
    `${report.beats} heartbeats after ${report.warmUpBeats} to warm up, ${report.failed} failed, ${report.retried} retried`,
    `${report.connectionsOpened} connections opened, ${report.sessionsResumed} with a resumed TLS session`,
    `processor time per beat: agent ${report.agentProcessorMillisecondsPerBeat} ms, server ${report.serverProcessorMillisecondsPerBeat} ms`,
    "",
    textTable(
      ["latency in ms", "beats", "p50", "p95", "p99", "max"],
      [
        latencyRow("all", latency.all),
        latencyRow("on an open connection", latency.openConnection),
        latencyRow("with a new connection", latency.newConnection),
      ],
    ),
    "",
    textTable(
      ["bytes", "sent", "received", "limit"],
      [
        bytesRow("beat, HTTP, largest", report.beatHttpBytes, budgets.idleHeartbeatBytes),
        bytesRow("beat, TCP, open connection", report.beatTcpBytes.openConnection, undefined),
        bytesRow("beat, TCP, new connection", report.beatTcpBytes.newConnection, undefined),
        bytesRow("unchanged scan, HTTP", report.unchangedScanHttpBytes, budgets.unchangedScanBytes),
        bytesRow(
          `${report.wholeInventoryPackages} packages, HTTP`,
          report.wholeInventoryHttpBytes,
          budgets.wholeInventoryBytes,
        ),
        bytesRow(`${report.newFindings} new findings, HTTP`, report.newFindingsHttpBytes, undefined),
      ],
    ),
    "",
    textTable(
      ["memory", "first MB", "last MB", "KB per 100 beats", "limit"],
      [
        growthRow("agent, resident", report.agentResident, budgets.residentSlopeKilobytesPer100Beats),
        growthRow("agent, heap and buffers", report.agentHeap, budgets.heapSlopeKilobytesPer100Beats),
        growthRow("server, resident", report.serverResident),
      ],
    ),
    "",
    ...(report.problems.length === 0 ? ["Within all limits."] : report.problems.map((line) => `! ${line}`)),
  ].join("\n")
}

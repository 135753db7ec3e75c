import { budgets } from "../budgets.ts"
import type { Bytes, HeartbeatReport } from "./HeartbeatReport.ts"

const beyond = (what: string, value: number, limit: number, unit: string): ReadonlyArray<string> =>
  // Written so that NaN is beyond every limit.
  value <= limit ? [] : [`${what}: ${value} ${unit}, the limit is ${limit}`]

const bytesBeyond = (what: string, { sent, received }: Bytes, limit: number): ReadonlyArray<string> => [
  ...beyond(`${what}, sent`, sent, limit, "bytes"),
  ...beyond(`${what}, received`, received, limit, "bytes"),
]

/** Everything about a run that is not as promised. */
export const judgeHeartbeats = (report: Omit<HeartbeatReport, "problems">): ReadonlyArray<string> => [
  ...beyond("beats that failed", report.failed, 0, "beats"),
  ...bytesBeyond("HTTP of an idle beat", report.beatHttpBytes, budgets.idleHeartbeatBytes),
  ...bytesBeyond("HTTP of an unchanged scan", report.unchangedScanHttpBytes, budgets.unchangedScanBytes),
  ...beyond(
    `HTTP of an inventory of ${report.wholeInventoryPackages} packages`,
    report.wholeInventoryHttpBytes.sent,
    budgets.wholeInventoryBytes,
    "bytes",
  ),
  ...beyond(
    "new connections without a resumed TLS session",
    report.connectionsOpened - report.sessionsResumed,
    1,
    "connections",
  ),
  ...beyond(
    "growth of the agent's heap and buffers",
    report.agentHeap.slopeKilobytesPer100Beats,
    budgets.heapSlopeKilobytesPer100Beats,
    "KB per 100 beats",
  ),
  ...beyond(
    "growth of the agent's resident memory",
    report.agentResident.slopeKilobytesPer100Beats,
    budgets.residentSlopeKilobytesPer100Beats,
    "KB per 100 beats",
  ),
]

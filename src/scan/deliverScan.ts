import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AgentId } from "../domain/Identifiers.ts"
import { type Scan, scanCounts } from "../domain/Scan.ts"
import { deltaBetween } from "../domain/snapshot.ts"
import type { ScanSummary, ScanUpload } from "../protocol/AgentMessages.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { ControlPlane } from "../transport/ControlPlane.ts"
import { type NamedReport, vulnerabilityReport } from "./vulnerabilityReport.ts"

/** Everything about a scan but its rows and its report. */
const summaryOf = (scan: Scan, report: NamedReport | undefined): ScanSummary => ({
  scanId: scan.id,
  startedAt: scan.startedAt,
  durationMilliseconds: scan.durationMilliseconds,
  managers: scan.managers,
  faults: scan.faults,
  indexes: scan.indexes,
  completeness: scan.completeness,
  reboot: scan.reboot,
  counts: scanCounts(scan),
  digest: scan.digest,
  ...(report === undefined ? {} : { report: report.name }),
})

/** As much of a report as a server lacks that holds another, or none. */
const newsOf = (
  report: NamedReport | undefined,
  held: NamedReport | undefined,
): Pick<ScanUpload, "report" | "found"> => {
  if (report === undefined || report.name === held?.name) return {}
  return report.report.digest === held?.report.digest
    ? { report: report.report }
    : { report: report.report, found: report.found }
}

/** The cheapest upload that leads a server which holds `held` to `scan`; everything where it holds nothing. */
export const uploadFor = (scan: Scan, held: Option.Option<Scan>): ScanUpload => {
  const report = vulnerabilityReport(scan)
  const summary = summaryOf(scan, report)
  const whole = (news: Pick<ScanUpload, "report" | "found">): ScanUpload => ({
    kind: "full",
    summary,
    ...news,
    packages: scan.packages,
    updates: scan.updates,
  })
  if (Option.isNone(held)) return whole(newsOf(report, undefined))
  const news = newsOf(report, vulnerabilityReport(held.value))
  if (held.value.digest === scan.digest) return { kind: "digest", summary, ...news }
  const delta = deltaBetween(held.value, scan)
  const changes =
    delta.packages.set.length +
    delta.packages.drop.length +
    delta.updates.set.length +
    delta.updates.drop.length
  return changes < scan.packages.length + scan.updates.length
    ? { kind: "delta", summary, ...news, base: held.value.digest, ...delta }
    : whole(news)
}

/** Delivers the newest scan that the server does not have yet; nothing when there is none. */
export const deliverScan = Effect.fn("deliverScan")(function* (agent: AgentId) {
  const snapshots = yield* Snapshots
  const controlPlane = yield* ControlPlane

  const pending = yield* snapshots.pending
  if (Option.isNone(pending)) return
  const scan = pending.value
  const upload = uploadFor(scan, yield* snapshots.acknowledged)
  yield* controlPlane
    .uploadScan(agent, upload)
    .pipe(
      Effect.catchTag("SnapshotRefused", () =>
        controlPlane.uploadScan(agent, uploadFor(scan, Option.none())),
      ),
    )
  yield* snapshots.acknowledge(scan)
  yield* Effect.logInfo("scan.delivered").pipe(Effect.annotateLogs({ id: scan.id, kind: upload.kind }))
})

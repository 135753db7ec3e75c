import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AgentId } from "../domain/Identifiers.ts"
import { type Scan, scanCounts } from "../domain/Scan.ts"
import { deltaBetween } from "../domain/snapshot.ts"
import type { ScanSummary, ScanUpload } from "../protocol/AgentMessages.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { ControlPlane } from "../transport/ControlPlane.ts"

/** Everything about a scan but its rows. */
export const summaryOf = (scan: Scan): ScanSummary => ({
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
})

const whole = (scan: Scan): ScanUpload => ({
  kind: "full",
  summary: summaryOf(scan),
  packages: scan.packages,
  updates: scan.updates,
})

/** The cheapest upload that leads a server which holds `held` to `scan`. */
export const uploadFor = (scan: Scan, held: Option.Option<Scan>): ScanUpload => {
  if (Option.isNone(held)) return whole(scan)
  const summary = summaryOf(scan)
  if (held.value.digest === scan.digest) return { kind: "digest", summary }
  const delta = deltaBetween(held.value, scan)
  const changes =
    delta.packages.set.length +
    delta.packages.drop.length +
    delta.updates.set.length +
    delta.updates.drop.length
  return changes < scan.packages.length + scan.updates.length
    ? { kind: "delta", summary, base: held.value.digest, ...delta }
    : whole(scan)
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
    .pipe(Effect.catchTag("SnapshotRefused", () => controlPlane.uploadScan(agent, whole(scan))))
  yield* snapshots.acknowledge(scan)
  yield* Effect.logInfo("scan.delivered").pipe(Effect.annotateLogs({ id: scan.id, kind: upload.kind }))
})

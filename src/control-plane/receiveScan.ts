import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AgentId } from "../domain/Identifiers.ts"
import { applyDelta, type Snapshot, snapshotDigest } from "../domain/snapshot.ts"
import type { ScanReceipt, ScanUpload } from "../protocol/AgentMessages.ts"
import { InvalidRequest, SnapshotMismatch } from "../protocol/Problems.ts"
import { Scans } from "./persistence/Scans.ts"

/** The rows a delta leads to, if it was made over the rows held and leads where it says. */
const patched = Effect.fnUntraced(function* (
  agentId: AgentId,
  { base, summary, packages, updates }: Extract<ScanUpload, { readonly kind: "delta" }>,
) {
  const scans = yield* Scans
  return Option.filter(
    Option.map(yield* scans.heldSnapshot(agentId, base), (held): Snapshot =>
      applyDelta(held, { packages, updates }),
    ),
    (rows) => snapshotDigest(rows) === summary.digest,
  )
})

/**
 * Takes one scan. What is kept always has the digest the agent computed, and the report and findings the agent named;
 * where these cannot be had from what was sent and what is held, the answer is `SnapshotMismatch` and the agent sends
 * everything. A scan that is delivered twice is kept once.
 */
export const receiveScan = Effect.fn("receiveScan")(function* (agentId: AgentId, upload: ScanUpload) {
  const scans = yield* Scans
  const { summary } = upload
  const at = yield* DateTime.now
  const receipt: ScanReceipt = { scanId: summary.scanId, digest: summary.digest }

  if (upload.kind === "full") {
    const rows: Snapshot = { packages: upload.packages, updates: upload.updates }
    if (snapshotDigest(rows) !== summary.digest) {
      return yield* new InvalidRequest({ detail: "summary.digest is not the digest of the rows sent" })
    }
    if (yield* scans.replace(agentId, Option.none(), upload, rows, at)) return receipt
  } else if (yield* scans.confirm(agentId, upload, at)) {
    // A delta that was applied before its receipt got lost comes again over rows that are no longer held.
    return receipt
  } else if (upload.kind === "delta") {
    const rows = yield* patched(agentId, upload)
    const stored =
      Option.isSome(rows) && (yield* scans.replace(agentId, Option.some(upload.base), upload, rows.value, at))
    if (stored) return receipt
  }
  const held = yield* scans.heldDigest(agentId)
  return yield* new SnapshotMismatch(Option.isSome(held) ? { held: held.value } : {})
})

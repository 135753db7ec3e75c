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
 * Takes one scan. What is kept always has the digest the agent computed; where that cannot be had from what was
 * sent, the answer is `SnapshotMismatch` and the agent sends the whole. A scan that is delivered twice is kept once.
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
    yield* scans.replace(agentId, Option.none(), summary, rows, at)
    return receipt
  }

  // A delta that was applied before its receipt got lost comes again over rows that are no longer held.
  if (yield* scans.confirm(agentId, summary, at)) return receipt
  if (upload.kind === "delta") {
    const rows = yield* patched(agentId, upload)
    const stored =
      Option.isSome(rows) &&
      (yield* scans.replace(agentId, Option.some(upload.base), summary, rows.value, at))
    if (stored) return receipt
  }
  const held = yield* scans.heldDigest(agentId)
  return yield* new SnapshotMismatch(Option.isSome(held) ? { held: held.value } : {})
})

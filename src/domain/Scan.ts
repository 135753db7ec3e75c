import * as Schema from "effect/Schema"
import { Vulnerabilities } from "./Finding.ts"
import { RebootState } from "./Host.ts"
import { Sha256, ScanId } from "./Identifiers.ts"
import { InstalledPackage, ManagerId, PackageFault } from "./Package.ts"
import { AvailableUpdate } from "./Update.ts"

/** Why a scan does not see everything. Only a scan without reasons may say "0 updates". */
export const PartialReason = Schema.Struct({
  manager: Schema.optionalKey(ManagerId),
  code: Schema.Literals([
    "index_missing",
    "index_stale",
    "repository_failed",
    "lines_not_understood",
    "collector_failed",
    "collector_skipped",
    "not_patchable",
    "refresh_not_permitted",
    "no_manager",
  ]),
  /** For people: what happened and what mends it. */
  detail: Schema.String,
  /** With `lines_not_understood`: how many. */
  count: Schema.optionalKey(Schema.Int),
}).annotate({ identifier: "PartialReason" })
export type PartialReason = typeof PartialReason.Type

/** `complete`, or `partial` with at least one reason. */
export const Completeness = Schema.Union([
  Schema.Struct({ verdict: Schema.Literal("complete") }),
  Schema.Struct({ verdict: Schema.Literal("partial"), reasons: Schema.NonEmptyArray(PartialReason) }),
]).annotate({ identifier: "Completeness" })
export type Completeness = typeof Completeness.Type

/** `complete` when no collector gave a reason against it. */
export const completenessOf = (reasons: ReadonlyArray<PartialReason>): Completeness => {
  const [first, ...rest] = reasons
  return first === undefined ? { verdict: "complete" } : { verdict: "partial", reasons: [first, ...rest] }
}

/** One package index on disk and how old it is. `ageSeconds` is absent when it was never downloaded. */
export const IndexState = Schema.Struct({
  manager: ManagerId,
  repository: Schema.String,
  ageSeconds: Schema.optionalKey(Schema.Int),
}).annotate({ identifier: "IndexState" })
export type IndexState = typeof IndexState.Type

/** What a package manager is on this host: usable, or only a database without its front end. */
export const ManagerState = Schema.Struct({
  id: ManagerId,
  version: Schema.optionalKey(Schema.String),
  patchable: Schema.Boolean,
  detail: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "ManagerState" })
export type ManagerState = typeof ManagerState.Type

/** Everything one scan found; rows in canonical order (`canonicalInventory`, `canonicalUpdates`). */
export const Scan = Schema.Struct({
  id: ScanId,
  startedAt: Schema.DateTimeUtcFromString,
  durationMilliseconds: Schema.Int,
  managers: Schema.Array(ManagerState),
  packages: Schema.Array(InstalledPackage),
  faults: Schema.Array(PackageFault),
  updates: Schema.Array(AvailableUpdate),
  indexes: Schema.Array(IndexState),
  completeness: Completeness,
  reboot: RebootState,
  /** Absent in a scan of an agent that did not look for any yet. Not part of the digest. */
  vulnerabilities: Schema.optionalKey(Vulnerabilities),
  /** Digest over packages and updates, see `snapshotDigest`. */
  digest: Sha256,
})
export type Scan = typeof Scan.Type

/** The numbers people ask for first. */
export const ScanCounts = Schema.Struct({
  packages: Schema.Int,
  updates: Schema.Int,
  securityUpdates: Schema.Int,
  heldBack: Schema.Int,
  faults: Schema.Int,
}).annotate({ identifier: "ScanCounts" })
export type ScanCounts = typeof ScanCounts.Type

export const scanCounts = (scan: Pick<Scan, "packages" | "updates" | "faults">): ScanCounts => ({
  packages: scan.packages.length,
  updates: scan.updates.length,
  securityUpdates: scan.updates.filter((update) => update.security.verdict === "yes").length,
  heldBack: scan.updates.filter((update) => update.installable.answer === "no").length,
  faults: scan.faults.length,
})

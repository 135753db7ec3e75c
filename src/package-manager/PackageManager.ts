import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InstallUpdates, PackageInfoReport, RefreshPolicy } from "../domain/Command.ts"
import type { RepositoryOutcome } from "../domain/Health.ts"
import { LockHolder } from "../domain/Host.ts"
import type { InstallPlan, InstallReport, PreflightFault } from "../domain/InstallPlan.ts"
import { ManagerId, type InstalledPackage, type PackageFault, type PackageName } from "../domain/Package.ts"
import type { IndexState, PartialReason } from "../domain/Scan.ts"
import type { AvailableUpdate } from "../domain/Update.ts"

/** The manager could not answer at all. What it half answered comes back as a `PartialReason` instead. */
export class ManagerError extends Schema.TaggedError<ManagerError>()("ManagerError", {
  manager: ManagerId,
  operation: Schema.String,
  reason: Schema.Literals([
    "not_available",
    "locked",
    "needs_root",
    "timed_out",
    "database_damaged",
    "output_not_understood",
    "failed",
  ]),
  /** The end of what the manager said, at most 512 characters. */
  detail: Schema.String,
  holder: Schema.optionalKey(LockHolder),
}) {
  override get message() {
    return `${this.manager} ${this.operation}: ${this.reason.replaceAll("_", " ")}${this.detail === "" ? "" : `: ${this.detail}`}`
  }
}

export interface Inventory {
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly faults: ReadonlyArray<PackageFault>
  readonly reasons: ReadonlyArray<PartialReason>
}

export interface UpdateListing {
  readonly updates: ReadonlyArray<AvailableUpdate>
  readonly indexes: ReadonlyArray<IndexState>
  readonly reasons: ReadonlyArray<PartialReason>
  /**
   * Where the repositories alone tell who published an installed package: the `origin` of those that are not the
   * distribution's, by `packageKey`.
   */
  readonly origins?: ReadonlyMap<string, string>
  /** Subscriptions that the repositories show to be attached: `pro`. */
  readonly channels?: ReadonlyArray<string>
}

export interface Refreshed {
  readonly refreshed: boolean
  readonly repositories: ReadonlyArray<RepositoryOutcome>
  readonly reasons: ReadonlyArray<PartialReason>
}

export interface ManagerHealth {
  readonly faults: ReadonlyArray<PackageFault>
  readonly locks: ReadonlyArray<LockHolder>
  readonly indexes: ReadonlyArray<IndexState>
  /** Damage to the package database, in words; absent when it is sound. */
  readonly damage?: string
}

/** A plan with what stands against carrying it out now. */
export interface Planned {
  readonly plan: InstallPlan
  readonly preflight: ReadonlyArray<PreflightFault>
}

/** What may be told while a transaction runs. */
export type ReportProgress = (progress: {
  readonly step: string
  readonly package?: string
  readonly percent?: number
}) => Effect.Effect<void>

export interface ApplyOptions {
  readonly repair: boolean
  readonly deadline?: DateTime.Utc
  /** What `fetch` could not download: it is not tried, and reported with these words. */
  readonly missing?: ReadonlyArray<MissingArchive>
  /** There is no network: only what `fetch` has brought is installed. */
  readonly offline?: boolean
  readonly report: ReportProgress
}

/** A package that cannot be downloaded, and why in the manager's words. */
export interface MissingArchive {
  readonly name: PackageName
  readonly complaint: string
}

/** What became of a download. What of it failed is no error: the rest can be installed. */
export interface Fetched {
  readonly missing: ReadonlyArray<MissingArchive>
  readonly evidence: InstallReport["evidence"]
}

/**
 * One package manager in the vocabulary of `domain/`. Every backend passes the same behaviour suite.
 *
 * - Reads (`inventory`, `updates`, `describe`, `health`, `plan`) change nothing and wait for no lock; on dnf and
 *   zypper they must run as root to see root's metadata cache.
 * - `refresh` and `apply` need root and fail with `needs_root` otherwise.
 * - No answer rests on an exit code alone; what could not be understood or reached is a `PartialReason`.
 */
export class PackageManager extends Context.Service<
  PackageManager,
  {
    /** All installed packages and the ones in a broken state. */
    readonly inventory: Effect.Effect<Inventory, ManagerError>
    /** All newer versions, installable or not, each with its reason and security evidence. */
    readonly updates: Effect.Effect<UpdateListing, ManagerError>
    /** Downloads package metadata as the policy asks, and says what became of each repository. */
    readonly refresh: (policy: RefreshPolicy) => Effect.Effect<Refreshed, ManagerError>
    /** What an installation would do, exactly, and what stands against it. Changes nothing. */
    readonly plan: (request: InstallUpdates) => Effect.Effect<Planned, ManagerError>
    /**
     * Downloads what `apply` of this plan will need and installs nothing; needs root. Only managers that can then apply
     * it `offline` have this.
     */
    readonly fetch?: (
      plan: InstallPlan,
      options: Pick<ApplyOptions, "repair" | "report">,
    ) => Effect.Effect<Fetched, ManagerError>
    /** Carries out exactly this plan and reads back what became of each package. */
    readonly apply: (plan: InstallPlan, options: ApplyOptions) => Effect.Effect<InstallReport, ManagerError>
    readonly describe: (names: ReadonlyArray<PackageName>) => Effect.Effect<PackageInfoReport, ManagerError>
    readonly health: Effect.Effect<ManagerHealth, ManagerError>
  }
>()("patchctl/package-manager/PackageManager") {}

import * as Schema from "effect/Schema"
import { LockHolder, RebootState, RestartNeeded } from "./Host.ts"
import { Sha256 } from "./Identifiers.ts"
import { Architecture, ManagerId, PackageName, PackageVersion } from "./Package.ts"
import { Restart } from "./Restart.ts"
import { HoldbackReason, Origin } from "./Update.ts"

/** One change of the transaction. `from` is absent for a new dependency. */
export const PlannedInstall = Schema.Struct({
  manager: ManagerId,
  name: PackageName,
  architecture: Architecture,
  from: Schema.optionalKey(PackageVersion),
  to: PackageVersion,
  origins: Schema.Array(Origin),
  /** `requested`, or `dependency` of something requested. */
  role: Schema.Literals(["requested", "dependency"]),
}).annotate({ identifier: "PlannedInstall" })
export type PlannedInstall = typeof PlannedInstall.Type

/** A package that would have to go. Applied only with `allow_removals`. */
export const PlannedRemoval = Schema.Struct({
  manager: ManagerId,
  name: PackageName,
  architecture: Architecture,
  from: PackageVersion,
}).annotate({ identifier: "PlannedRemoval" })
export type PlannedRemoval = typeof PlannedRemoval.Type

/** Something asked for, or pending, that the plan leaves out, and why. */
export const LeftOut = Schema.Struct({
  manager: ManagerId,
  name: PackageName,
  from: Schema.optionalKey(PackageVersion),
  wanted: Schema.optionalKey(PackageVersion),
  reason: Schema.Union([
    HoldbackReason,
    Schema.Literals([
      "not_installed",
      "unknown_package",
      "unknown_version",
      "already_current",
      "not_security",
      /** Would not have been done by the deadline, as long as packages take on this host. */
      "out_of_time",
    ]),
  ]),
  detail: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "LeftOut" })
export type LeftOut = typeof LeftOut.Type

/** What an installation would do, exactly. Two equal plans have equal digests (`planDigest`). */
export const InstallPlan = Schema.Struct({
  installs: Schema.Array(PlannedInstall),
  removals: Schema.Array(PlannedRemoval),
  leftOut: Schema.Array(LeftOut),
  /** Patterns of `exclude` that matched nothing, so that a typo is seen. */
  unmatchedExcludes: Schema.Array(Schema.String),
  downloadBytes: Schema.Int,
  /** May be negative when space is freed. */
  installedSizeChangeBytes: Schema.optionalKey(Schema.Int),
  rebootExpected: Schema.Literals(["yes", "no", "unknown"]),
  digest: Sha256,
}).annotate({ identifier: "InstallPlan" })
export type InstallPlan = typeof InstallPlan.Type

/** A condition that must hold before anything is installed. */
export const PreflightFault = Schema.Struct({
  code: Schema.Literals([
    "half_configured",
    "interrupted_transaction",
    "broken_dependencies",
    "disk_space",
    "locked",
    "quiet_period",
    "not_root",
    "plan_changed",
    "removals_not_allowed",
    "deadline_passed",
    "out_of_time",
  ]),
  detail: Schema.String,
  remedy: Schema.String,
  holder: Schema.optionalKey(LockHolder),
}).annotate({ identifier: "PreflightFault" })
export type PreflightFault = typeof PreflightFault.Type

/** What is true of one package after the run: read from the database, never from an exit code. */
export const PackageOutcome = Schema.Struct({
  manager: ManagerId,
  name: PackageName,
  architecture: Architecture,
  from: Schema.optionalKey(PackageVersion),
  wanted: PackageVersion,
  found: Schema.optionalKey(PackageVersion),
  outcome: Schema.Literals(["installed", "unchanged", "failed", "half_configured", "removed"]),
  /** The manager's own words about this package, at most 512 characters. */
  message: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(512))),
}).annotate({ identifier: "PackageOutcome" })
export type PackageOutcome = typeof PackageOutcome.Type

/** What `install_updates` reports, dry or not. */
export const InstallReport = Schema.Struct({
  dryRun: Schema.Boolean,
  plan: InstallPlan,
  preflight: Schema.Array(PreflightFault),
  outcomes: Schema.Array(PackageOutcome),
  /** Configuration files whose new version was put beside the local one (`*.dpkg-dist`). */
  newConfigurationFiles: Schema.Array(Schema.String),
  reboot: Schema.optionalKey(RebootState),
  /** What must be restarted to run what is installed, if the host itself is not. */
  restartNeeded: Schema.optionalKey(RestartNeeded),
  /** The restart that the command asked for. */
  restart: Schema.optionalKey(Restart),
  /** Exit code and end of stderr of each transaction, as evidence. */
  evidence: Schema.Array(
    Schema.Struct({
      step: Schema.String,
      exitCode: Schema.Int,
      output: Schema.String.check(Schema.isMaxLength(4096)),
    }),
  ),
}).annotate({ identifier: "InstallReport" })
export type InstallReport = typeof InstallReport.Type

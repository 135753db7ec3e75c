import * as Schema from "effect/Schema"
import { CommandId } from "./Identifiers.ts"
import { CheckUpdatesOutput, HealthReport } from "./Health.ts"
import { InstallReport } from "./InstallPlan.ts"
import { Architecture, ManagerId, PackageName, PackageVersion } from "./Package.ts"

/** Everything the agent can ever be asked to do. */
export const CommandName = Schema.Literals([
  "check_updates",
  "install_updates",
  "get_package_info",
  "health_check",
])
export type CommandName = typeof CommandName.Type

/** When package metadata is downloaded before a question is answered. */
export const RefreshPolicy = Schema.Union([
  Schema.Literals(["never", "always"]),
  Schema.Struct({
    if_older_than_seconds: Schema.Int.check(Schema.isBetween({ minimum: 60, maximum: 2_592_000 })),
  }),
]).annotate({ identifier: "RefreshPolicy" })
export type RefreshPolicy = typeof RefreshPolicy.Type

/** One package at exactly one version. Without an architecture, the one that is installed. */
export const PackageSelection = Schema.Struct({
  name: PackageName,
  version: PackageVersion,
  architecture: Schema.optionalKey(Architecture),
})
export type PackageSelection = typeof PackageSelection.Type

/** What to install: named packages at exact versions, everything that fixes a vulnerability, or everything. */
export const Selection = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("packages"),
    packages: Schema.NonEmptyArray(PackageSelection).check(Schema.isMaxLength(1000)),
  }),
  Schema.Struct({ kind: Schema.Literal("security") }),
  Schema.Struct({ kind: Schema.Literal("all") }),
]).annotate({ identifier: "Selection" })
export type Selection = typeof Selection.Type

/** A package name pattern with `*` and `?`; never starts with `-`. */
export const NameGlob = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9*?][A-Za-z0-9+._*?-]{0,127}$/, {
    expected: "a package name pattern with * and ?",
  }),
).pipe(Schema.brand("NameGlob"))
export type NameGlob = typeof NameGlob.Type

export const CheckUpdates = Schema.Struct({ refresh: Schema.optionalKey(RefreshPolicy) })
export type CheckUpdates = typeof CheckUpdates.Type

export const InstallUpdates = Schema.Struct({
  selection: Selection,
  /** Names to leave alone, whatever the selection says. */
  exclude: Schema.optionalKey(Schema.Array(NameGlob).check(Schema.isMaxLength(200))),
  /** Leave out what was published less than this many hours ago. An unknown age is not old enough. */
  min_age_hours: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8760 }))),
  /** Return the plan and change nothing. */
  dry_run: Schema.optionalKey(Schema.Boolean),
  /** Apply exactly the plan with this digest, or refuse. */
  plan_digest: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))),
  /** Start nothing after this moment. */
  deadline: Schema.optionalKey(Schema.DateTimeUtcFromString),
  reboot: Schema.optionalKey(Schema.Literals(["never", "if_required", "always"])),
  allow_removals: Schema.optionalKey(Schema.Boolean),
  /** Mend half-configured packages before installing. */
  repair: Schema.optionalKey(Schema.Boolean),
})
export type InstallUpdates = typeof InstallUpdates.Type

export const GetPackageInfo = Schema.Struct({
  packages: Schema.NonEmptyArray(PackageName).check(Schema.isMaxLength(200)),
})
export type GetPackageInfo = typeof GetPackageInfo.Type

/** No parameters at all. An empty Struct would accept any object. */
export const HealthCheck = Schema.Record(Schema.String, Schema.Never)

/** The closed set of operations with their parameters. Decode with `onExcessProperty: "error"`. */
export const Command = Schema.Union([
  Schema.Struct({ name: Schema.Literal("check_updates"), parameters: CheckUpdates }),
  Schema.Struct({ name: Schema.Literal("install_updates"), parameters: InstallUpdates }),
  Schema.Struct({ name: Schema.Literal("get_package_info"), parameters: GetPackageInfo }),
  Schema.Struct({ name: Schema.Literal("health_check"), parameters: HealthCheck }),
]).annotate({ identifier: "Command" })
export type Command = typeof Command.Type

/** Why a command was not run at all. A refusal is a result: it is stored, audited and reported. */
export const RefusalCode = Schema.Literals([
  "unknown_command",
  "invalid",
  "bad_signature",
  "wrong_audience",
  "expired",
  "not_yet_valid",
  "replayed",
  "policy_denied",
  "outside_window",
  "busy",
  "read_only",
])
export type RefusalCode = typeof RefusalCode.Type

/** What the manager and the installed database know of one package. */
export const PackageInfo = Schema.Struct({
  manager: ManagerId,
  name: PackageName,
  installed: Schema.Array(
    Schema.Struct({
      version: PackageVersion,
      architecture: Architecture,
      held: Schema.Boolean,
      automatic: Schema.optionalKey(Schema.Boolean),
    }),
  ),
  candidate: Schema.optionalKey(PackageVersion),
  /** Every version the enabled repositories offer, newest first. */
  available: Schema.Array(
    Schema.Struct({
      version: PackageVersion,
      priority: Schema.optionalKey(Schema.Int),
      repositories: Schema.Array(Schema.String),
    }),
  ),
  source: Schema.optionalKey(Schema.String),
  section: Schema.optionalKey(Schema.String),
  summary: Schema.optionalKey(Schema.String),
  homepage: Schema.optionalKey(Schema.String),
  installedSizeBytes: Schema.optionalKey(Schema.Int),
}).annotate({ identifier: "PackageInfo" })
export type PackageInfo = typeof PackageInfo.Type

export const PackageInfoReport = Schema.Struct({
  packages: Schema.Array(PackageInfo),
  /** Names that no manager knows. Not an error. */
  unknown: Schema.Array(PackageName),
}).annotate({ identifier: "PackageInfoReport" })
export type PackageInfoReport = typeof PackageInfoReport.Type

/** What a command produced, by command. */
export const CommandOutput = Schema.Union([
  Schema.Struct({ command: Schema.Literal("check_updates"), report: CheckUpdatesOutput }),
  Schema.Struct({ command: Schema.Literal("install_updates"), report: InstallReport }),
  Schema.Struct({ command: Schema.Literal("get_package_info"), report: PackageInfoReport }),
  Schema.Struct({ command: Schema.Literal("health_check"), report: HealthReport }),
]).annotate({ identifier: "CommandOutput" })
export type CommandOutput = typeof CommandOutput.Type

/**
 * `succeeded`: all that was asked is so now. `partial`: some of it. `failed`: none of it.
 * `refused`: nothing was started. `interrupted`: the executor died in the middle.
 */
export const ResultStatus = Schema.Literals(["succeeded", "partial", "failed", "refused", "interrupted"])
export type ResultStatus = typeof ResultStatus.Type

/** The one final answer to one command; produced once, stored, and delivered until acknowledged. */
export const CommandResult = Schema.Struct({
  commandId: CommandId,
  /** The name as it was asked, which for a refusal may be none of ours; at most 64 characters. */
  command: Schema.String.check(Schema.isMaxLength(64)),
  status: ResultStatus,
  refusal: Schema.optionalKey(Schema.Struct({ code: RefusalCode, detail: Schema.String })),
  /** With `failed`, `partial` and `interrupted`: a stable code, what happened, and what to do. */
  problem: Schema.optionalKey(
    Schema.Struct({ code: Schema.String, detail: Schema.String, remedy: Schema.optionalKey(Schema.String) }),
  ),
  output: Schema.optionalKey(CommandOutput),
  startedAt: Schema.DateTimeUtcFromString,
  finishedAt: Schema.DateTimeUtcFromString,
}).annotate({ identifier: "CommandResult" })
export type CommandResult = typeof CommandResult.Type

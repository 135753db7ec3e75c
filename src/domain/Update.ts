import * as Schema from "effect/Schema"
import { Architecture, ManagerId, PackageName, PackageVersion } from "./Package.ts"
import { Text } from "./Text.ts"

/** Why an update that exists is not installed by a plain run. Closed: a new reason is a protocol change. */
export const HoldbackReason = Schema.Literals([
  "held",
  "pinned",
  "phased",
  "too_young",
  "needs_entitlement",
  "needs_new_dependency",
  "needs_removal",
  "blocked_by_manager",
  "excluded_by_policy",
  "conflict",
])
export type HoldbackReason = typeof HoldbackReason.Type

/** `yes`, or the one reason that stands in the way; `detail` is for people and never parsed. */
export const Installable = Schema.Union([
  Schema.Struct({ answer: Schema.Literal("yes") }),
  Schema.Struct({
    answer: Schema.Literal("no"),
    reason: HoldbackReason,
    detail: Schema.optionalKey(Text),
    /** Ubuntu's phased roll-out percentage, with `phased` only. */
    phasedPercent: Schema.optionalKey(Schema.Int),
  }),
]).annotate({ identifier: "Installable" })
export type Installable = typeof Installable.Type

/**
 * Where a candidate comes from. On apt the fields of its Release file; on rpm systems `id` is the repository
 * id. `label` or `codename` decide security on Debian: the suite word changes with a release's age.
 */
export const Origin = Schema.Struct({
  id: Text,
  origin: Schema.optionalKey(Text),
  label: Schema.optionalKey(Text),
  suite: Schema.optionalKey(Text),
  codename: Schema.optionalKey(Text),
}).annotate({ identifier: "Origin" })
export type Origin = typeof Origin.Type

/** Whether an update fixes a vulnerability, and what says so. `unknown` where the source carries no such data. */
export const Security = Schema.Struct({
  verdict: Schema.Literals(["yes", "no", "unknown"]),
  evidence: Schema.Array(
    Schema.Struct({
      kind: Schema.Literals(["advisory", "origin", "label"]),
      value: Text,
      severity: Schema.optionalKey(Text),
      /** With `advisory`, what its vendor says it is for. Its type decides, never the prefix of its id. */
      advisory: Schema.optionalKey(Schema.Literals(["security", "bugfix", "enhancement", "other"])),
      /** With `advisory`, the CVE ids it names. */
      cves: Schema.optionalKey(Schema.Array(Text)),
      /** With `advisory`, what must be started again for it to take effect, as far as it says so. */
      restart: Schema.optionalKey(Schema.Literals(["reboot", "relogin", "package_manager"])),
    }),
  ),
  /**
   * The lowest version that carries the fix where that is not the candidate itself: a newer feature update can
   * hide a security update of the same package.
   */
  fixedIn: Schema.optionalKey(PackageVersion),
}).annotate({ identifier: "Security" })
export type Security = typeof Security.Type

/** One package for which the enabled repositories hold a newer version than the installed one. */
export const AvailableUpdate = Schema.Struct({
  manager: ManagerId,
  name: PackageName,
  architecture: Architecture,
  from: PackageVersion,
  /** The newest version policy allows, or the newer one that a pin or hold keeps away. */
  to: PackageVersion,
  origins: Schema.Array(Origin),
  security: Security,
  installable: Installable,
  downloadBytes: Schema.optionalKey(Schema.Int),
}).annotate({ identifier: "AvailableUpdate" })
export type AvailableUpdate = typeof AvailableUpdate.Type

/** The identity of an update row, stable across scans. */
export const updateKey = (row: AvailableUpdate): string =>
  `${row.manager}\t${row.name}\t${row.architecture}\t${row.from}`

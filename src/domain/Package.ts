import * as Schema from "effect/Schema"
import { Text } from "./Text.ts"

/**
 * A package name as it may reach an argument vector: never starts with `-`, no shell or path characters, at
 * most 256 bytes. The set is the union of what dpkg (Debian Policy 5.6.1), rpm, apk and pacman allow, plus
 * `:arch` for a foreign architecture; but for a leading `@`, which pacman would allow: dnf takes `@core` for a group, and
 * `@javascript/node` for a module.
 */
export const PackageName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_][A-Za-z0-9+._@~^-]*(?::[a-z0-9-]+)?$/, {
    expected: "a package name (letters, digits and + . _ @ ~ ^ -, not starting with - or @)",
  }),
  Schema.isMaxLength(256),
).pipe(Schema.brand("PackageName"))
export type PackageName = typeof PackageName.Type

/** A full version in the manager's own notation: `[epoch:]upstream[-revision]` or `[epoch:]version-release`. */
export const PackageVersion = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9+.~^:_-]*$/, { expected: "a package version" }),
  Schema.isMaxLength(256),
).pipe(Schema.brand("PackageVersion"))
export type PackageVersion = typeof PackageVersion.Type

/** The architecture as the manager spells it: `amd64`, `all`, `x86_64`, `noarch`. */
export const Architecture = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, { expected: "an architecture" }),
).pipe(Schema.brand("Architecture"))
export type Architecture = typeof Architecture.Type

/** The package managers of the contract; yum and both dnf generations are dialects of `dnf`. */
export const ManagerId = Schema.Literals(["apt", "dnf", "zypper", "apk", "pacman"])
export type ManagerId = typeof ManagerId.Type

/**
 * One installed package. `source` and `sourceVersion` name what it was built from where that differs from its
 * own name and version; `module` is an rpm module label; `origin` is who published it where that is known not to be the
 * distribution: the vendor of an rpm, the origin of an apt archive. Rows are keyed by manager, name, architecture and
 * version, because rpm keeps several kernels installed at once.
 */
export const InstalledPackage = Schema.Struct({
  manager: ManagerId,
  name: PackageName,
  architecture: Architecture,
  version: PackageVersion,
  source: Schema.optionalKey(Text),
  sourceVersion: Schema.optionalKey(Text),
  module: Schema.optionalKey(Text),
  origin: Schema.optionalKey(Text),
  /** Kept back by the administrator: dpkg hold, dnf versionlock, zypper lock, apk pin, pacman IgnorePkg. */
  held: Schema.optionalKey(Schema.Boolean),
}).annotate({ identifier: "InstalledPackage" })
export type InstalledPackage = typeof InstalledPackage.Type

/** The identity of an inventory row, stable across scans. */
export const packageKey = (row: InstalledPackage): string =>
  `${row.manager}\t${row.name}\t${row.architecture}\t${row.version}`

/** A package that is present but not properly installed, for example dpkg's half-configured state. */
export const PackageFault = Schema.Struct({
  manager: ManagerId,
  name: Text,
  version: Schema.optionalKey(Text),
  state: Schema.Literals([
    "half_configured",
    "half_installed",
    "unpacked",
    "triggers_pending",
    "reinstall_required",
    "duplicate",
    "missing_files",
  ]),
}).annotate({ identifier: "PackageFault" })
export type PackageFault = typeof PackageFault.Type

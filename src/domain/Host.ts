import * as Schema from "effect/Schema"

/** What does not change between beats: sent at enrolment and again when it changes. */
export const HostFacts = Schema.Struct({
  hostname: Schema.String,
  /** From os-release(5): `debian`, `12`, `Debian GNU/Linux 12 (bookworm)`, `bookworm`. */
  osId: Schema.String,
  osVersion: Schema.String,
  osName: Schema.String,
  osCodename: Schema.optionalKey(Schema.String),
  kernelRelease: Schema.String,
  architecture: Schema.String,
  addresses: Schema.Array(Schema.String),
  cpuCount: Schema.Int,
  cpuModel: Schema.optionalKey(Schema.String),
  memoryTotalBytes: Schema.Int,
  /** `none` on bare metal and virtual machines; otherwise systemd-detect-virt's word, such as `docker`. */
  container: Schema.String,
}).annotate({ identifier: "HostFacts" })
export type HostFacts = typeof HostFacts.Type

export const DiskUse = Schema.Struct({
  mount: Schema.String,
  totalBytes: Schema.Int,
  /** Free for an ordinary user. */
  availableBytes: Schema.Int,
}).annotate({ identifier: "DiskUse" })
export type DiskUse = typeof DiskUse.Type

/** CPU, memory and disk at one moment. `cpuUsedPercent` is the mean since the last sample. */
export const HostMetrics = Schema.Struct({
  cpuUsedPercent: Schema.Finite,
  load1: Schema.Finite,
  memoryTotalBytes: Schema.Int,
  memoryAvailableBytes: Schema.Int,
  swapUsedBytes: Schema.Int,
  disks: Schema.Array(DiskUse),
  uptimeSeconds: Schema.Int,
}).annotate({ identifier: "HostMetrics" })
export type HostMetrics = typeof HostMetrics.Type

/** Whether the host must restart to run what is installed. `unknown` when a check could not be made. */
export const RebootState = Schema.Struct({
  required: Schema.Literals(["yes", "no", "unknown"]),
  reasons: Schema.Array(
    Schema.Struct({
      code: Schema.Literals([
        "reboot_required_file",
        "newer_kernel_installed",
        "running_kernel_removed",
        "check_failed",
        "container",
      ]),
      detail: Schema.String,
      packages: Schema.optionalKey(Schema.Array(Schema.String)),
    }),
  ),
}).annotate({ identifier: "RebootState" })
export type RebootState = typeof RebootState.Type

/**
 * Services that still run code which has since been replaced or removed on disk. `unknown` when the programs of others
 * cannot be looked at, as without root.
 */
export const RestartNeeded = Schema.Struct({
  required: Schema.Literals(["yes", "no", "unknown"]),
  /** Units as the service manager names them (`ssh.service`), sorted. */
  units: Schema.Array(Schema.String),
  /** Programs with old code that belong to no unit. */
  programsWithoutUnit: Schema.Int,
}).annotate({ identifier: "RestartNeeded" })
export type RestartNeeded = typeof RestartNeeded.Type

/** Who holds a package manager's lock. */
export const LockHolder = Schema.Struct({
  lock: Schema.String,
  pid: Schema.optionalKey(Schema.Int),
  program: Schema.optionalKey(Schema.String),
  heldSeconds: Schema.optionalKey(Schema.Int),
}).annotate({ identifier: "LockHolder" })
export type LockHolder = typeof LockHolder.Type

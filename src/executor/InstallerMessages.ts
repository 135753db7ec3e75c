import * as Schema from "effect/Schema"
import { InstallPlan, InstallReport } from "../domain/InstallPlan.ts"
import { ManagerId, PackageName } from "../domain/Package.ts"
import { ManagerError } from "../package-manager/PackageManager.ts"

/** Where systemd listens for the executor: root's alone, see packaging/systemd/patchctl-installer.socket. */
export const installerSocket = "/run/patchctl/installer.sock"

/** Longest request line that an installer reads: a plan of some ten thousand packages. */
export const planLimitBytes = 16 * 1024 * 1024

/** Held by an installer as long as it works: between two transactions it holds no lock of the package manager. */
export const installerLock = (executorDirectory: string): string => `${executorDirectory}/installer.lock`

/** The one line an installer reads. Decode with `onExcessProperty: "error"`. */
export const InstallerRequest = Schema.Struct({
  /** Who asks (`processIdentity`). When it has ended before the installer began, the command has its result already. */
  executor: Schema.String,
  manager: ManagerId,
  plan: InstallPlan,
  options: Schema.Struct({
    repair: Schema.Boolean,
    deadline: Schema.optionalKey(Schema.DateTimeUtcFromString),
    missing: Schema.Array(Schema.Struct({ name: PackageName, complaint: Schema.String })),
  }),
})
export type InstallerRequest = typeof InstallerRequest.Type

/** What an installer writes, one JSON document a line: any number of `progress`, then one of the others. */
export const InstallerEvent = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("progress"),
    step: Schema.String,
    package: Schema.optionalKey(Schema.String),
    percent: Schema.optionalKey(Schema.Finite),
  }),
  Schema.Struct({ kind: Schema.Literal("applied"), report: InstallReport }),
  /** Nothing was installed. */
  Schema.Struct({ kind: Schema.Literal("failed"), error: ManagerError }),
])
export type InstallerEvent = typeof InstallerEvent.Type

import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ManagerState } from "../domain/Scan.ts"
import type { PackageManager } from "./PackageManager.ts"

/** One manager found on this host. With `state.patchable` false it can be listed but nothing installed. */
export interface DetectedManager {
  readonly state: ManagerState
  readonly manager: PackageManager["Service"]
}

/** The package managers of this host: several are allowed, and each is asked alone. */
export class PackageManagers extends Context.Service<
  PackageManagers,
  {
    readonly detect: Effect.Effect<ReadonlyArray<DetectedManager>>
    /**
     * Changes whenever a package database or its indexes do: inode, size and mtime of dpkg's `status` and apt's
     * lists, rpm's database, … Cheap enough for every heartbeat; "" when there is none.
     */
    readonly databaseStamp: Effect.Effect<string>
  }
>()("patchctl/package-manager/PackageManagers") {}

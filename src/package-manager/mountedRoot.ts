import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { HostFacts } from "../domain/Host.ts"
import type { ManagerId } from "../domain/Package.ts"
import { databaseFamily, distribution, osRelease, type DatabaseFamily } from "../host/osRelease.ts"
import { Subprocess } from "../host/Subprocess.ts"
import { readInstalledFile } from "./apk/readInstalledFile.ts"
import { readStatusFile } from "./apt/readStatusFile.ts"
import type { MountedRootError } from "./MountedRootError.ts"
import type { Inventory } from "./PackageManager.ts"
import { readLocalFolder } from "./pacman/readLocalFolder.ts"
import { rootFiles, type RootFiles } from "./rootFiles.ts"
import { readDatabaseCopy } from "./rpm/readDatabaseCopy.ts"

/** What is installed in a mounted root, in the name of the manager that it belongs to. */
export interface RootInventory extends Inventory {
  readonly manager: ManagerId
  /** What os-release(5) says; `linux` without a version where there is no such file. */
  readonly system: Pick<HostFacts, "osId" | "osVersion" | "osName" | "osCodename">
}

interface Database {
  readonly manager: ManagerId
  readonly family: DatabaseFamily
  readonly read: Effect.Effect<Option.Option<Inventory>, MountedRootError>
}

const databaseNames = { apt: "dpkg", dnf: "rpm", zypper: "rpm", apk: "apk", pacman: "pacman" } as const

/** In this order, as os-release(5) has it. */
const osReleaseFiles = ["/etc/os-release", "/usr/lib/os-release"] as const
const osReleaseLimitBytes = 64 * 1024

const readOsRelease = Effect.fnUntraced(function* (files: RootFiles) {
  for (const path of osReleaseFiles) {
    const text = yield* files.text(path, osReleaseLimitBytes)
    if (Option.isSome(text)) return osRelease(text.value)
  }
  return osRelease("")
})

/**
 * The inventory of the system whose file system is mounted at `root`. Nothing of it is run, nothing written, and no link
 * of it leads outside. The database is the one that the distribution lives off; of a distribution that nobody knows, the
 * first one with packages in it. What the administrator holds back is marked for dpkg and apk, whose databases say it.
 *
 * Fails where no package can be listed: a lost database is never an empty inventory.
 */
export const inventoryOfRoot = Effect.fn("MountedRoot.inventory")(function* (
  root: string,
): Effect.fn.Return<RootInventory, MountedRootError, FileSystem.FileSystem | Subprocess> {
  const fs = yield* FileSystem.FileSystem
  const subprocess = yield* Subprocess
  const files = rootFiles(fs, root)
  if (Option.isNone(yield* files.entries("/"))) {
    return yield* files.fail("no_folder", "/", "there is no such folder")
  }
  const assignments = yield* readOsRelease(files)
  const family = databaseFamily(assignments)
  const system = distribution(assignments)

  const rpm = (manager: "dnf" | "zypper") => readDatabaseCopy({ subprocess, fs }, files, manager, system.osId)
  const databases: ReadonlyArray<Database> = [
    { manager: "apt", family: "dpkg", read: readStatusFile(files) },
    { manager: "dnf", family: "rpm", read: rpm("dnf") },
    { manager: "zypper", family: "rpm_suse", read: rpm("zypper") },
    { manager: "apk", family: "apk", read: readInstalledFile(files) },
    { manager: "pacman", family: "pacman", read: readLocalFolder(files) },
  ]
  const atHome = databases.filter((database) => database.family === family)
  const candidates =
    atHome.length > 0 ? atHome : databases.filter((database) => database.family !== "rpm_suse")

  let failure: MountedRootError | undefined
  for (const { manager, read } of candidates) {
    const found = yield* Effect.result(read)
    if (Result.isFailure(found)) failure ??= found.failure
    else if (Option.isSome(found.success)) {
      return { ...found.success.value, manager, system }
    }
  }
  if (failure !== undefined) return yield* failure
  const names = [...new Set(candidates.map((candidate) => databaseNames[candidate.manager]))].join(" or ")
  return yield* files.fail("no_database", "/", `there is no package database of ${names}`)
})

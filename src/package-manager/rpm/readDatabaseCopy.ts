import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Subprocess } from "../../host/Subprocess.ts"
import type { ManagerId } from "../../domain/Package.ts"
import type { MountedRootError } from "../MountedRootError.ts"
import type { Inventory, ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { RootFiles } from "../rootFiles.ts"
import { collectRpmInventory } from "./rpmDatabase.ts"
import { rpmFolders } from "./rpmLocks.ts"

/** rpm-ostree keeps the database with the read-only system. */
const folders = [...rpmFolders, "/usr/share/rpm"]

interface Kind {
  readonly kind: string
  readonly database: string
  /** What else a query reads. */
  readonly besides: string
}

/** Newer kinds first: the older database may be left beside the newer one. */
const kinds: ReadonlyArray<Kind> = [
  { kind: "SQLite", database: "rpmdb.sqlite", besides: "rpmdb.sqlite-wal" },
  { kind: "ndb", database: "Packages.db", besides: "Index.db" },
  { kind: "Berkeley DB", database: "Packages", besides: "Providename" },
]

/** Some 100 MiB for 2,000 packages. */
const databaseLimitBytes = 4 * 1024 * 1024 * 1024

const prefix = "patchctl-rpm-"

/** A folder of ours on a disk: /tmp may be memory. */
const privateFolder = (fs: FileSystem.FileSystem) =>
  fs
    .makeTempDirectoryScoped({ directory: "/var/tmp", prefix })
    .pipe(Effect.catch(() => fs.makeTempDirectoryScoped({ prefix })))

const findDatabase = Effect.fnUntraced(function* (files: RootFiles) {
  for (const folder of folders) {
    const names = Option.getOrElse(yield* files.entries(folder), () => []).map(({ name }) => name)
    const found = kinds.find((candidate) => names.includes(candidate.database))
    if (found !== undefined) return Option.some({ folder, ...found })
  }
  return Option.none()
})

/**
 * The packages of a mounted root as its rpm would list them, by the rpm of this host. It is given a copy of the database:
 * where it may write it makes new files beside one that it reads, and where it may not it cannot read one that was left
 * open. Signatures are not looked at: they are judged by the keys and the crypto policy of this host. `distribution` is
 * the root's `ID` of os-release(5). None when the root has no database of rpm.
 */
export const readDatabaseCopy = Effect.fnUntraced(function* (
  { subprocess, fs }: ReadDependencies,
  files: RootFiles,
  manager: ManagerId,
  distribution: string,
): Effect.fn.Return<Option.Option<Inventory>, MountedRootError, Scope.Scope> {
  const found = yield* findDatabase(files)
  if (Option.isNone(found)) return Option.none()
  const { folder, kind, database, besides } = found.value
  const path = `${folder}/${database}`

  const notCopied = (error: PlatformError.PlatformError) =>
    files.fail("unreadable", path, `it cannot be copied: ${error.message}`)
  const copy = yield* Effect.catchTag(privateFolder(fs), "PlatformError", notCopied)
  for (const name of [database, besides]) {
    const bytes = yield* files.open(`${folder}/${name}`, databaseLimitBytes)
    if (Option.isNone(bytes)) continue
    yield* Stream.run(bytes.value, fs.sink(`${copy}/${name}`)).pipe(
      Effect.catchTag("PlatformError", notCopied),
    )
  }

  const ofCopy = Subprocess.of({
    run: (request) =>
      subprocess.run({ ...request, args: ["--dbpath", copy, "--nosignature", ...request.args] }),
  })
  const explained = Effect.fnUntraced(function* (error: ManagerError) {
    if (error.reason === "not_available") return yield* files.fail("tool_missing", path, error.detail)
    const there = new Set(yield* Effect.orElseSucceed(fs.readDirectory(copy), () => []))
    // rpm that does not know this kind of database passes it over, makes one of its own and finds it empty.
    const isPassedOver = kinds.some((other) => other.kind !== kind && there.has(other.database))
    return isPassedOver
      ? yield* files.fail(
          "unknown_format",
          path,
          `the rpm of this host cannot read a database of kind ${kind}`,
        )
      : yield* files.fail("database_damaged", path, error.detail)
  })
  const inventory = yield* collectRpmInventory(
    { subprocess: ofCopy, fs },
    manager,
    "inventory",
    distribution,
  ).pipe(Effect.catchTag("ManagerError", explained))
  return Option.some(inventory)
}, Effect.scoped)

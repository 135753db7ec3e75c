import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { MountedRootError } from "../MountedRootError.ts"
import type { Inventory } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { RootFiles } from "../rootFiles.ts"
import { apkPaths } from "./apkCommands.ts"
import { databaseReader } from "./apkDatabase.ts"
import { parseWorld } from "./apkWorld.ts"

/** Alpine has moved `/lib` below `/usr`, and images need not have the link. */
const databases = [apkPaths.installed, `/usr${apkPaths.installed}`] as const

/** It lists every file: some 30 MiB for 3,000 packages. */
const databaseLimitBytes = 1024 * 1024 * 1024
const worldLimitBytes = 1024 * 1024

const readFrom = Effect.fnUntraced(function* (files: RootFiles, path: string) {
  const bytes = yield* files.open(path, databaseLimitBytes)
  if (Option.isNone(bytes)) return Option.none()
  const world = yield* files.text(apkPaths.world, worldLimitBytes)
  const reader = databaseReader(parseWorld(Option.getOrElse(world, () => "")))
  yield* bytes.value.pipe(
    Stream.decodeText(),
    Stream.runForEach((text) => Effect.sync(() => reader.add(text))),
  )
  const { packages, faults, notUnderstood: count } = reader.end()
  return packages.length === 0
    ? yield* files.fail("database_damaged", path, "it records no installed package")
    : Option.some({ packages, faults, reasons: notUnderstood("apk", path, count) })
}, Effect.scoped)

/** The packages of a mounted root as its apk would list them. None when it has no database of apk. */
export const readInstalledFile = Effect.fnUntraced(function* (
  files: RootFiles,
): Effect.fn.Return<Option.Option<Inventory>, MountedRootError> {
  for (const path of databases) {
    const found = yield* readFrom(files, path)
    if (Option.isSome(found)) return found
  }
  return Option.none()
})

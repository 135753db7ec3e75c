import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { MountedRootError } from "../MountedRootError.ts"
import type { Inventory } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { RootFiles } from "../rootFiles.ts"
import { localFaults, localPackage } from "./localDatabase.ts"
import { pacmanPaths } from "./pacmanCommands.ts"

/** Descriptions have some 2 KiB. */
const descriptionLimitBytes = 1024 * 1024

/** The packages of a mounted root as its pacman would list them. None when it has no database of pacman. */
export const readLocalFolder = Effect.fnUntraced(function* (
  files: RootFiles,
): Effect.fn.Return<Option.Option<Inventory>, MountedRootError> {
  const entries = yield* files.entries(pacmanPaths.local)
  if (Option.isNone(entries)) return Option.none()
  const folders = entries.value.filter(({ type }) => type === "Directory").map(({ name }) => name)
  const read = yield* Effect.forEach(
    folders,
    (entry) =>
      files.text(`${pacmanPaths.local}/${entry}/desc`, descriptionLimitBytes).pipe(
        Effect.map((text) => ({
          entry,
          found: localPackage(
            entry,
            Option.getOrElse(text, () => ""),
          ),
        })),
      ),
    { concurrency: 8 },
  )
  const packages = read.flatMap(({ found }) => Option.toArray(found))
  const damaged = read.filter(({ found }) => Option.isNone(found)).map(({ entry }) => entry)
  if (packages.length === 0) {
    return yield* files.fail("database_damaged", pacmanPaths.local, "it records no installed package")
  }
  return Option.some({
    packages: packages.map(({ row }) => row),
    faults: localFaults(packages, damaged),
    reasons: notUnderstood("pacman", `${pacmanPaths.local} (entries)`, damaged.length),
  })
})

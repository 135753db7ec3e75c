import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { MountedRootError } from "../MountedRootError.ts"
import type { Inventory } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { RootFiles } from "../rootFiles.ts"
import { aptPaths } from "./aptCommands.ts"
import { statusReader, type RecordFile } from "./dpkgStatus.ts"

const databaseFolder = "/var/lib/dpkg"

/** A file for each package, without a state, as distroless images have them. */
const statusFolder = `${aptPaths.status}.d`

/** Records that dpkg had not yet taken over into the status file when it was cut off. */
const journalFolder = `${databaseFolder}/updates`

/** 100,000 packages take half of it. */
const statusLimitBytes = 256 * 1024 * 1024
const recordLimitBytes = 4 * 1024 * 1024

/** The names of the files of a folder that records may be in. */
const recordFiles = Effect.fnUntraced(function* (
  files: RootFiles,
  folder: string,
  isRecord: (name: string) => boolean,
) {
  const entries = Option.getOrElse(yield* files.entries(folder), () => [])
  return entries
    .filter(({ name, type }) => (type === "File" || type === "SymbolicLink") && isRecord(name))
    .map(({ name }) => `${folder}/${name}`)
})

/**
 * The packages of a mounted root as its dpkg-query would list them, from the status file, `status.d` and the journal of
 * a dpkg that was cut off. None when it has none of these.
 */
export const readStatusFile = Effect.fnUntraced(function* (
  files: RootFiles,
): Effect.fn.Return<Option.Option<Inventory>, MountedRootError> {
  const reader = statusReader()
  const statusFile = yield* files.open(aptPaths.status, statusLimitBytes).pipe(
    Effect.tap((bytes) =>
      Option.isNone(bytes)
        ? Effect.void
        : bytes.value.pipe(
            Stream.decodeText(),
            Stream.runForEach((text) => Effect.sync(() => reader.add(text))),
          ),
    ),
    Effect.scoped,
  )
  reader.end()
  const single = yield* recordFiles(files, statusFolder, (name) => !name.endsWith(".md5sums"))
  const journal = yield* recordFiles(files, journalFolder, (name) => /^\d+$/.test(name))
  const addFiles = (paths: ReadonlyArray<string>, file: RecordFile) =>
    Effect.forEach(
      paths,
      (path) =>
        Effect.map(files.text(path, recordLimitBytes), (text) => {
          if (Option.isSome(text)) reader.addFile(text.value, file)
        }),
      { discard: true },
    )
  yield* addFiles(single, "single")
  yield* addFiles(journal, "journal")
  if (Option.isNone(statusFile) && single.length === 0) return Option.none()
  const { packages, faults, notUnderstood: count } = reader.result()
  if (packages.length === 0) {
    const besides = Option.getOrElse(yield* files.entries(databaseFolder), () => [])
    const former = besides.some(({ name }) => `${databaseFolder}/${name}` === aptPaths.formerStatus)
    return yield* files.fail(
      "database_damaged",
      aptPaths.status,
      `it records no installed package${former ? `; ${aptPaths.formerStatus} holds the former one` : ""}`,
    )
  }
  return Option.some({ packages, faults, reasons: notUnderstood("apt", aptPaths.status, count) })
})

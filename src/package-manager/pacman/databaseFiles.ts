import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import { pacmanPaths } from "./pacmanCommands.ts"
import { databaseFile, signatureFile } from "./syncDatabases.ts"

const isNotFound = (error: PlatformError.PlatformError) => error.reason._tag === "NotFound"

const statOf = (fs: FileSystem.FileSystem, path: string) =>
  fs.stat(path).pipe(
    Effect.asSome,
    Effect.catchIf(isNotFound, () => Effect.succeedNone),
  )

/** Makes one file the same as another, in one step for whoever reads it, or removes it where the other is not there. */
const replaceFile = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, from: string, to: string) {
  const wanted = yield* statOf(fs, from)
  if (Option.isNone(wanted)) return yield* fs.remove(to, { force: true })
  const modifiedAt = Option.getOrElse(wanted.value.mtime, () => new Date(0))
  const slash = to.lastIndexOf("/")
  const beside = `${to.slice(0, slash)}/.${to.slice(slash + 1)}.patchctl`
  yield* fs.copyFile(from, beside)
  // pacman asks the server for what is newer than this.
  yield* fs.utimes(beside, modifiedAt, modifiedAt)
  yield* fs.rename(beside, to)
})

/** Makes the databases of these repositories in one folder those of another, signatures and times included. */
export const replaceDatabases = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  from: string,
  to: string,
  repositories: ReadonlyArray<string>,
) {
  yield* fs.makeDirectory(`${to}/sync`, { recursive: true, mode: 0o755 })
  for (const repository of repositories) {
    yield* replaceFile(fs, signatureFile(from, repository), signatureFile(to, repository))
    yield* replaceFile(fs, databaseFile(from, repository), databaseFile(to, repository))
  }
})

/** A folder for pacman to read or download databases in, with the installed packages as they are. */
export const prepareFolder = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, folder: string) {
  yield* fs.makeDirectory(`${folder}/sync`, { recursive: true, mode: 0o755 })
  const target = yield* Effect.option(fs.readLink(`${folder}/local`))
  if (Option.contains(target, pacmanPaths.local)) return
  yield* fs.remove(`${folder}/local`, { force: true })
  yield* fs.symlink(pacmanPaths.local, `${folder}/local`)
})

/** The lock could not be taken: another program has it. */
export const isTaken = (error: PlatformError.PlatformError): boolean => error.reason._tag === "AlreadyExists"

/** Holds pacman's lock as libalpm takes it: the one who creates the file has it, and removes it when done. */
export const holdingLock = <A, E, R>(
  fs: FileSystem.FileSystem,
  whileHeld: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | PlatformError.PlatformError, R> =>
  Effect.acquireUseRelease(
    fs.writeFileString(pacmanPaths.lock, "", { flag: "wx", mode: 0o000 }),
    () => whileHeld,
    () => Effect.ignore(fs.remove(pacmanPaths.lock, { force: true })),
  )

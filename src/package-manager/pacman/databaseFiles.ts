import * as DateTime from "effect/DateTime"
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

/** Makes a folder that ordinary users may read, whatever our own umask is: they look at databases too. */
export const makeFolder = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, path: string) {
  yield* fs.makeDirectory(path, { recursive: true })
  yield* fs.chmod(path, 0o755)
})

/** Makes one file the same as another, in one step for whoever reads it, or removes it where the other is not there. */
const replaceFile = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, from: string, to: string) {
  const wanted = yield* statOf(fs, from)
  if (Option.isNone(wanted)) return yield* fs.remove(to, { force: true })
  const modifiedAt = Option.getOrElse(wanted.value.mtime, () => new Date(0))
  const slash = to.lastIndexOf("/")
  const beside = `${to.slice(0, slash)}/.${to.slice(slash + 1)}.patchctl`
  yield* fs.copyFile(from, beside)
  yield* fs.chmod(beside, 0o644)
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
  yield* makeFolder(fs, `${to}/sync`)
  for (const repository of repositories) {
    yield* replaceFile(fs, signatureFile(from, repository), signatureFile(to, repository))
    yield* replaceFile(fs, databaseFile(from, repository), databaseFile(to, repository))
  }
})

/** Lets pacman see the installed packages as they are in a folder of our own. */
export const linkInstalled = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, folder: string) {
  const target = yield* Effect.option(fs.readLink(`${folder}/local`))
  if (Option.contains(target, pacmanPaths.local)) return
  yield* fs.remove(`${folder}/local`, { force: true })
  yield* fs.symlink(pacmanPaths.local, `${folder}/local`)
})

const prefix = "work-"

/** A folder beside our copy that is gone when the scope closes, and those of agents that were killed are now. */
export const temporaryFolder = Effect.fnUntraced(function* (fs: FileSystem.FileSystem) {
  const directory = pacmanPaths.copy
  yield* makeFolder(fs, directory.slice(0, directory.lastIndexOf("/")))
  yield* makeFolder(fs, directory)
  const aDayAgo = DateTime.subtract(yield* DateTime.now, { days: 1 })
  for (const name of yield* fs.readDirectory(directory)) {
    if (!name.startsWith(prefix)) continue
    const { mtime } = yield* fs.stat(`${directory}/${name}`)
    const isLeft = Option.exists(mtime, (date) => date.getTime() < aDayAgo.epochMilliseconds)
    if (isLeft) yield* fs.remove(`${directory}/${name}`, { recursive: true, force: true })
  }
  const folder = yield* fs.makeTempDirectoryScoped({ directory, prefix })
  // pacman 7 downloads as an ordinary user, who must get there.
  yield* fs.chmod(folder, 0o755)
  return folder
})

/** The lock could not be taken: another program has it. */
export const isTaken = (error: PlatformError.PlatformError): boolean => error.reason._tag === "AlreadyExists"

/**
 * Holds pacman's lock as libalpm takes it: the one who creates the file has it, and removes it when done. Not to be
 * interrupted, so keep it short.
 */
export const holdingLock = <A, E, R>(
  fs: FileSystem.FileSystem,
  whileHeld: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | PlatformError.PlatformError, R> =>
  Effect.acquireUseRelease(
    fs.writeFileString(pacmanPaths.lock, "", { flag: "wx", mode: 0o000 }),
    () => whileHeld,
    () => Effect.ignore(fs.remove(pacmanPaths.lock, { force: true })),
  ).pipe(Effect.uninterruptible)

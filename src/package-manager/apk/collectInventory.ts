import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { PackageFault } from "../../domain/Package.ts"
import { lockHolders } from "../lockHolders.ts"
import { ManagerError, type Inventory } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { apkPaths } from "./apkCommands.ts"
import { databaseReader, type InstalledDatabase } from "./apkDatabase.ts"
import { interruptedStep, leftScript } from "./apkInterruption.ts"
import { parseWorld } from "./apkWorld.ts"

/** The end of the log that is looked at: the steps of a hundred transactions. */
const logBytes = 64 * 1024

export interface Installed extends InstalledDatabase {
  /** What a run of apk was doing when it was cut off; of such a run the database knows nothing. */
  readonly interrupted?: PackageFault
}

/** Reads `/etc/apk/world`; a host without the file asks for nothing. */
export const readWorld = ({ fs }: ReadDependencies) =>
  Effect.map(
    Effect.orElseSucceed(fs.readFileString(apkPaths.world), () => ""),
    parseWorld,
  )

const modifiedAt = ({ fs }: ReadDependencies, path: string) =>
  fs.stat(path).pipe(
    Effect.map(({ mtime }) => Option.getOrUndefined(mtime)?.getTime() ?? 0),
    Effect.orElseSucceed(() => 0),
  )

/**
 * What apk was doing when it was cut off, if the last transaction did not come to its end: apk writes its database
 * only then, so files may be newer than it says. The traces are a script that is still where apk puts it while it
 * runs, or a log of apk 3 that breaks off. While somebody holds the lock the transaction is at work.
 */
const findInterruption = Effect.fnUntraced(function* (dependencies: ReadDependencies) {
  const { fs } = dependencies
  const committedAt = yield* modifiedAt(dependencies, apkPaths.installed)
  const scripts = yield* Effect.orElseSucceed(fs.readDirectory(apkPaths.scripts), () => [])
  const times = yield* Effect.forEach(scripts, (name) =>
    modifiedAt(dependencies, `${apkPaths.scripts}/${name}`),
  )
  const left = scripts.find((_, index) => (times[index] ?? 0) >= committedAt)
  const size = yield* Effect.orElseSucceed(
    Effect.map(fs.stat(apkPaths.log), (info) => ByteSize.toNumberUnsafe(info.size)),
    () => 0,
  )
  const log = yield* fs.stream(apkPaths.log, { offset: Math.max(0, size - logBytes) }).pipe(
    Stream.decodeText(),
    Stream.mkString,
    Effect.orElseSucceed(() => ""),
  )
  const found = (left === undefined ? undefined : leftScript(left)) ?? interruptedStep(log)
  if (found === undefined || (yield* lockHolders(fs, [apkPaths.lock])).length > 0) return undefined
  const fault: PackageFault = { manager: "apk", ...found, state: "half_installed" }
  return fault
})

const damaged = (operation: string, detail: string) =>
  new ManagerError({ manager: "apk", operation, reason: "database_damaged", detail })

/**
 * The database of installed packages, read from its file: no command of apk tells of broken packages in both
 * generations. apk answers with an empty list and exit code 0 when the file is lost.
 */
export const readInstalled = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
): Effect.fn.Return<Installed, ManagerError> {
  const reader = databaseReader(yield* readWorld(dependencies))
  yield* dependencies.fs.stream(apkPaths.installed).pipe(
    Stream.decodeText(),
    Stream.runForEach((text) => Effect.sync(() => reader.add(text))),
    Effect.mapError((error) => damaged(operation, `${apkPaths.installed} cannot be read: ${error.message}`)),
  )
  const database = reader.end()
  if (database.packages.length === 0) {
    return yield* damaged(operation, `${apkPaths.installed} records no installed package`)
  }
  const interrupted = yield* findInterruption(dependencies)
  return interrupted === undefined
    ? database
    : { ...database, interrupted, faults: [...database.faults, interrupted] }
})

/** All installed packages, and the ones that are broken or were left in the middle. */
export const collectInventory = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
) {
  const { packages, faults, notUnderstood: count } = yield* readInstalled(dependencies, operation)
  return {
    packages,
    faults,
    reasons: notUnderstood("apk", apkPaths.installed, count),
  } satisfies Inventory
})

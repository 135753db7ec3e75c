import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { Attempt } from "../applyPlan.ts"
import { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { holdingLock, isTaken, replaceDatabases } from "./databaseFiles.ts"
import { pacmanPaths } from "./pacmanCommands.ts"

const notPossible = (detail: string) =>
  new ManagerError({ manager: "pacman", operation: "apply", reason: "failed", detail })

/** Where pacman's own databases are kept while an upgrade is tried with newer ones. */
const former = `${pacmanPaths.copy}/former`

const entriesOf = (fs: FileSystem.FileSystem) =>
  fs.readDirectory(pacmanPaths.local).pipe(
    Effect.map((entries) => entries.toSorted().join("\n")),
    Effect.orElseSucceed(() => ""),
  )

/**
 * Gives pacman the databases that the upgrade was planned with, right before it. Where nothing came of the upgrade it gets
 * its own back: newer databases without an upgrade would make the administrator's next `pacman -S` a partial one. Each time
 * under pacman's lock, for as long as it takes to copy some files.
 */
export const withNewestDatabases = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  upgrade: Effect.Effect<Attempt, ManagerError>,
  locked: (complaint: string) => Effect.Effect<Attempt>,
): Effect.fn.Return<Attempt, ManagerError> {
  const { fs } = dependencies
  const { isAhead, repositories } = yield* collectIndexes(dependencies, "apply")
  if (!isAhead) return yield* upgrade
  const before = yield* entriesOf(fs)
  const isGiven = yield* holdingLock(
    fs,
    Effect.andThen(
      replaceDatabases(fs, pacmanPaths.database, former, repositories),
      replaceDatabases(fs, pacmanPaths.copy, pacmanPaths.database, repositories),
    ),
  ).pipe(
    Effect.as(true),
    Effect.catchIf(isTaken, () => Effect.succeed(false)),
    Effect.catchTag("PlatformError", (error) => Effect.fail(notPossible(error.message))),
  )
  if (!isGiven) return yield* locked(`${pacmanPaths.lock} is there`)
  const attempt = yield* upgrade
  const isInVain = attempt.ending === "failed" || attempt.ending === "locked"
  if (isInVain && (yield* entriesOf(fs)) === before) {
    yield* Effect.ignore(holdingLock(fs, replaceDatabases(fs, former, pacmanPaths.database, repositories)))
  }
  return attempt
})

import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import type { Attempt } from "../applyPlan.ts"
import { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { holdingLock, isTaken, replaceDatabases, temporaryFolder } from "./databaseFiles.ts"
import { pacmanPaths } from "./pacmanCommands.ts"

const notPossible = ({ message: detail }: PlatformError.PlatformError) =>
  new ManagerError({ manager: "pacman", operation: "apply", reason: "failed", detail })

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
): Effect.fn.Return<Attempt, ManagerError, Scope.Scope> {
  const { fs } = dependencies
  const { isAhead, settings } = yield* collectIndexes(dependencies, "apply")
  if (!isAhead) return yield* upgrade
  const { repositories } = settings
  const before = yield* entriesOf(fs)
  const former = yield* temporaryFolder(fs).pipe(Effect.mapError(notPossible))
  const giveBack = replaceDatabases(fs, former, pacmanPaths.database, repositories)
  const give = replaceDatabases(fs, pacmanPaths.database, former, repositories).pipe(
    Effect.andThen(replaceDatabases(fs, pacmanPaths.copy, pacmanPaths.database, repositories)),
    Effect.tapError(() => Effect.ignore(giveBack)),
  )
  const isGiven = yield* holdingLock(fs, give).pipe(
    Effect.as(true),
    Effect.catchIf(isTaken, () => Effect.succeed(false)),
    Effect.mapError(notPossible),
  )
  if (!isGiven) return yield* locked(`${pacmanPaths.lock} is there`)
  const attempt = yield* upgrade
  const isInVain = attempt.ending === "failed" || attempt.ending === "locked"
  if (isInVain && (yield* entriesOf(fs)) === before) yield* Effect.ignore(holdingLock(fs, giveBack))
  return attempt
}, Effect.scoped)

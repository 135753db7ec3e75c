import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { ManagerError } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { configuration, fileTimes, notRun, pacmanPaths } from "./pacmanCommands.ts"
import { complaintOf } from "./pacmanMessages.ts"
import { parseSettings } from "./pacmanSettings.ts"
import { differ, indexReport, newestFolder, parseFileTimes, timedFiles } from "./syncDatabases.ts"

/** pacman.conf as pacman understands it. Fails where it is not understood, or names other places than the usual. */
export const collectSettings = Effect.fnUntraced(function* (
  { subprocess }: Pick<ReadDependencies, "subprocess">,
  operation: string,
) {
  const result = yield* subprocess.run(configuration).pipe(notRun(operation))
  const failed = (detail: string) =>
    new ManagerError({ manager: "pacman", operation, reason: "failed", detail })
  if (result.exitCode !== 0) return yield* failed(complaintOf(result))
  const settings = parseSettings(result.stdout)
  if (settings.databasePath !== pacmanPaths.database || settings.rootPath !== "/") {
    const detail = `pacman.conf sets DBPath ${settings.databasePath} and RootDir ${settings.rootPath}: only ${pacmanPaths.database} and / are supported`
    return yield* failed(detail)
  }
  return settings
})

/** The configured repositories, their databases, and which copy of these is to be used. */
export const collectIndexes = Effect.fnUntraced(function* (
  dependencies: Pick<ReadDependencies, "subprocess">,
  operation: string,
) {
  const settings = yield* collectSettings(dependencies, operation)
  const { repositories } = settings
  // Without a file to look at, stat would only complain.
  const times =
    repositories.length === 0
      ? undefined
      : yield* dependencies.subprocess.run(fileTimes(timedFiles(repositories))).pipe(notRun(operation))
  const files = parseFileTimes(times?.stdout ?? "")
  const folder = newestFolder(repositories, files)
  const report = indexReport(folder, repositories, files, yield* DateTime.now)
  return {
    ...report,
    settings,
    files,
    /** The folder with `local` and `sync` that pacman shall read. */
    folder,
    /** Whether that is our copy, and pacman's own databases are others. */
    isAhead: folder === pacmanPaths.copy && differ(repositories, files),
    reasons: [...notUnderstood("pacman", "pacman-conf", settings.notUnderstood), ...report.reasons],
  }
})

import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { Subprocess } from "../../host/Subprocess.ts"
import { aptPaths, changeTimes, sourceUris } from "./aptCommands.ts"
import { aptFailure, notRun } from "./aptFailure.ts"
import {
  configuredSources,
  indexFileNames,
  indexesOf,
  parseChangeTimes,
  releaseFileNames,
} from "./aptIndexes.ts"

export interface AptReadDependencies {
  readonly subprocess: Subprocess["Service"]
  readonly fs: FileSystem.FileSystem
}

/**
 * The state of every configured package source, read from its files: apt would open its whole package cache to say
 * less. Fails only when apt cannot read its own configuration.
 */
export const collectIndexes = Effect.fnUntraced(function* ({ subprocess, fs }: AptReadDependencies) {
  const printed = yield* subprocess.run(sourceUris).pipe(notRun("indexes"))
  if (printed.exitCode !== 0) return yield* aptFailure("indexes", printed)
  const sources = configuredSources(printed.stdout)
  const present = new Set(yield* Effect.orElseSucceed(fs.readDirectory(aptPaths.lists), () => []))
  const paths = sources
    .flatMap(indexFileNames)
    .filter((file) => present.has(file))
    .map((file) => `${aptPaths.lists}/${file}`)
  const times =
    paths.length === 0 ? undefined : yield* subprocess.run(changeTimes(paths)).pipe(notRun("indexes"))
  const files = yield* Effect.forEach(sources, (source) => {
    const file = releaseFileNames(source).find((name) => present.has(name))
    const release =
      file === undefined
        ? Effect.undefined
        : Effect.orElseSucceed(fs.readFileString(`${aptPaths.lists}/${file}`), () => undefined)
    return Effect.map(release, (text) => ({ source, release: text }))
  })
  return indexesOf(files, parseChangeTimes(times?.stdout ?? ""), present, yield* DateTime.now)
})

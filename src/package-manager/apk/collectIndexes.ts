import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import { ageReasons } from "../indexAge.ts"
import type { ReadDependencies } from "../preflight.ts"
import { apkArchitecture, apkPaths, apkVersion } from "./apkCommands.ts"
import { apkFailure, notRun } from "./apkFailure.ts"
import { cachedIndexName, parseRepositories, type ApkRepository, type Generation } from "./apkRepositories.ts"

/** One configured repository with the file its index is in. */
export interface ApkIndex {
  readonly repository: ApkRepository
  readonly path: string
  /** The inode tells a file that was replaced from one that was confirmed; absent when there is no file. */
  readonly file?: { readonly changedAt: DateTime.Utc; readonly inode: string }
}

export interface Indexes {
  readonly generation: Generation
  readonly all: ReadonlyArray<ApkIndex>
  readonly states: ReadonlyArray<IndexState>
  readonly reasons: ReadonlyArray<PartialReason>
}

const textOf = (fs: FileSystem.FileSystem, path: string) =>
  Effect.orElseSucceed(fs.readFileString(path), () => "")

const namesIn = (fs: FileSystem.FileSystem, folder: string) =>
  Effect.orElseSucceed(fs.readDirectory(folder), () => [])

/** The generation of the apk that is installed. */
const generationOf = Effect.fnUntraced(function* ({ subprocess }: ReadDependencies, operation: string) {
  const result = yield* subprocess.run(apkVersion).pipe(notRun(operation))
  const major = /^apk-tools (\d+)\./.exec(result.stdout)?.[1]
  if (major === undefined) return yield* apkFailure(operation, result)
  const generation: Generation = Number(major) < 3 ? 2 : 3
  return generation
})

/** apk 3 allows several architectures; the first counts for repositories. */
const architectureOf = Effect.fnUntraced(function* ({ subprocess, fs }: ReadDependencies, operation: string) {
  const [written = ""] = (yield* textOf(fs, apkPaths.architecture)).trim().split(/\s+/)
  if (written !== "") return written
  return (yield* subprocess.run(apkArchitecture).pipe(notRun(operation))).stdout.trim()
})

/** The texts of all files that name repositories, in the order in which apk reads them. */
const repositoryFiles = Effect.fnUntraced(function* (fs: FileSystem.FileSystem) {
  const texts = [yield* textOf(fs, apkPaths.repositories)]
  const seen = new Set<string>()
  for (const folder of apkPaths.repositoryFolders) {
    const names = (yield* namesIn(fs, folder)).filter((name) => name.endsWith(".list") && !seen.has(name))
    for (const name of names.toSorted()) {
      seen.add(name)
      texts.push(yield* textOf(fs, `${folder}/${name}`))
    }
  }
  return texts
})

/** Where apk keeps indexes, and packages too if it is not the static place. */
export const cacheFolder = Effect.fnUntraced(function* (fs: FileSystem.FileSystem) {
  const isThere = yield* Effect.orElseSucceed(fs.exists(apkPaths.cache), () => false)
  return isThere ? apkPaths.cache : apkPaths.staticCache
})

const reasonsOf = (index: ApkIndex, age: Duration.Duration | undefined): ReadonlyArray<PartialReason> => {
  const { name, localIndex } = index.repository
  if (localIndex === undefined || age !== undefined) return ageReasons("apk", name, age, "apk update")
  const detail = `${name} has no index: check /etc/apk/repositories and that it is mounted`
  return [{ manager: "apk", code: "index_missing", detail }]
}

/**
 * The state of every configured repository, by the file of its index: apk itself passes over a missing index with a
 * warning and exit code 0. apk sets the modification time of its copy each time the server answers, also when nothing
 * is new. A repository in a folder is read in place and never old.
 */
export const collectIndexes = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation = "indexes",
) {
  const { fs } = dependencies
  const generation = yield* generationOf(dependencies, operation)
  const architecture = yield* architectureOf(dependencies, operation)
  const repositories = parseRepositories(yield* repositoryFiles(fs), architecture)
  const cache = yield* cacheFolder(fs)
  const now = yield* DateTime.now
  const all = yield* Effect.forEach(repositories, (repository) => {
    const path = repository.localIndex ?? `${cache}/${cachedIndexName(repository, generation)}`
    return Effect.map(Effect.option(fs.stat(path)), (info): ApkIndex => {
      const changedAt = Option.getOrUndefined(Option.flatMap(info, ({ mtime }) => mtime))
      const inode = Option.match(
        Option.flatMap(info, ({ ino }) => ino),
        { onNone: () => "", onSome: String },
      )
      return changedAt === undefined
        ? { repository, path }
        : { repository, path, file: { changedAt: DateTime.makeUnsafe(changedAt), inode } }
    })
  })
  const states: Array<IndexState> = []
  const reasons: Array<PartialReason> = []
  for (const index of all) {
    const { file, repository } = index
    const age =
      file === undefined
        ? undefined
        : repository.localIndex === undefined
          ? Duration.max(Duration.zero, DateTime.distance(file.changedAt, now))
          : Duration.zero
    states.push({
      manager: "apk",
      repository: repository.name,
      ...(age === undefined ? {} : { ageSeconds: Math.floor(Duration.toSeconds(age)) }),
    })
    reasons.push(...reasonsOf(index, age))
  }
  if (all.length === 0) {
    const detail = "no package repository is configured: see /etc/apk/repositories"
    reasons.push({ manager: "apk", code: "index_missing", detail })
  }
  const found: Indexes = { generation, all, states, reasons }
  return found
})

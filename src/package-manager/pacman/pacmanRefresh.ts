import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { RefreshPolicy } from "../../domain/Command.ts"
import type { RepositoryOutcome } from "../../domain/Health.ts"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import type { SubprocessResult } from "../../host/Subprocess.ts"
import { needsRoot } from "../managerFailure.ts"
import { shortened } from "../outputText.ts"
import { ManagerError, type PackageManager, type Refreshed } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { linkInstalled, makeFolder, replaceDatabases, temporaryFolder } from "./databaseFiles.ts"
import { downloadDatabases, fileTimes, notRun, pacmanPaths } from "./pacmanCommands.ts"
import { complaintOf, errorsOf } from "./pacmanMessages.ts"
import { checkedFile, databaseFile, parseFileTimes } from "./syncDatabases.ts"

export interface RefreshDependencies extends ReadDependencies {
  readonly isRoot: boolean
}

/** Whether any repository was never downloaded, or not for longer than this. */
const isDue = (indexes: ReadonlyArray<IndexState>, seconds: number) =>
  indexes.some(({ ageSeconds }) => ageSeconds === undefined || ageSeconds > seconds)

/** What pacman says against one repository: that its database cannot be had, or cannot be believed. */
const complaintsAbout = (stderr: string, repository: string) => {
  const errors = errorsOf(stderr)
  const files = [`'${repository}.db'`, `'${repository}.db.sig'`]
  return {
    unreachable: errors.filter((error) =>
      files.some((file) => error.startsWith(`failed retrieving file ${file}`)),
    ),
    invalid: errors.filter((error) => error.startsWith(`${repository}: `)),
  }
}

/**
 * What became of each repository. With exit code 0 all is well, whatever was said: a mirror that failed was followed by one
 * that did not. Otherwise a repository failed that is complained of, unless it is new all the same; and all did where the
 * complaint is about none.
 */
export const refreshOutcomes = (
  result: Pick<SubprocessResult, "exitCode" | "stdout" | "stderr">,
  repositories: ReadonlyArray<string>,
  isNew: (repository: string) => boolean,
): ReadonlyArray<RepositoryOutcome> => {
  const complaints = repositories.map((repository) => ({
    repository,
    ...complaintsAbout(result.stderr, repository),
  }))
  const isAboutNone = complaints.every(
    ({ unreachable, invalid }) => unreachable.length + invalid.length === 0,
  )
  return complaints.map(({ repository, unreachable, invalid }) => {
    const isFailed =
      result.exitCode !== 0 &&
      (isAboutNone || invalid.length > 0 || (unreachable.length > 0 && !isNew(repository)))
    const message = isAboutNone ? complaintOf(result) : [...invalid, ...unreachable].join("; ")
    return {
      manager: "pacman",
      repository,
      outcome: isFailed ? "failed" : isNew(repository) ? "fetched" : "unchanged",
      ...(isFailed ? { message: shortened(message) } : {}),
    }
  })
}

const notPossible = (detail: string) =>
  new ManagerError({ manager: "pacman", operation: "refresh", reason: "failed", detail })

/** Takes what was downloaded well into our copy, and notes when that was. */
const keep = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  folder: string,
  repositories: ReadonlyArray<string>,
) {
  yield* linkInstalled(fs, pacmanPaths.copy)
  yield* replaceDatabases(fs, folder, pacmanPaths.copy, repositories)
  yield* makeFolder(fs, `${pacmanPaths.copy}/checked`)
  const now = DateTime.toDateUtc(yield* DateTime.now)
  for (const repository of repositories) {
    const path = checkedFile(repository)
    yield* fs.writeFileString(path, "", { flag: "a" })
    yield* fs.utimes(path, now, now)
  }
})

/** Downloads into a folder of its own, so that a database that cannot be believed replaces none that can. */
const download = Effect.fnUntraced(function* (
  { subprocess, fs }: RefreshDependencies,
  { folder: newest, settings: { repositories } }: Effect.Success<ReturnType<typeof collectIndexes>>,
) {
  const folder = yield* temporaryFolder(fs)
  yield* linkInstalled(fs, folder)
  yield* replaceDatabases(fs, newest, folder, repositories)
  const times = Effect.map(
    subprocess.run(fileTimes(repositories.map((name) => databaseFile(folder, name)))).pipe(notRun("refresh")),
    ({ stdout }) => parseFileTimes(stdout),
  )
  const before = yield* times
  const result = yield* subprocess.run(downloadDatabases(folder)).pipe(notRun("refresh"))
  const after = yield* times
  const outcomes = refreshOutcomes(result, repositories, (repository) => {
    const [was, is] = [before, after].map((files) => files.get(databaseFile(folder, repository)))
    return (
      is !== undefined && (was?.bytes !== is.bytes || !DateTime.Equivalence(was.modifiedAt, is.modifiedAt))
    )
  })
  const good = outcomes.filter(({ outcome }) => outcome !== "failed").map(({ repository }) => repository)
  yield* keep(fs, folder, good)
  return outcomes
}, Effect.scoped)

/**
 * `PackageManager.refresh` for pacman. The databases are downloaded into our copy, never into pacman's own: there they would
 * turn the next `pacman -S` into a partial upgrade, which Arch does not support. Neither pacman's lock is taken nor waited
 * for. Fails with `needs_root`, since the copy is one that root relies on.
 */
export const makeRefresh = (dependencies: RefreshDependencies): PackageManager["Service"]["refresh"] =>
  Effect.fn("PacmanPackageManager.refresh")(function* (policy: RefreshPolicy) {
    const nothing: Refreshed = { refreshed: false, repositories: [], reasons: [] }
    if (policy === "never") return nothing
    const indexes = yield* collectIndexes(dependencies, "refresh")
    if (indexes.settings.repositories.length === 0) return { ...nothing, reasons: indexes.reasons }
    if (policy !== "always" && !isDue(indexes.states, policy.if_older_than_seconds)) return nothing
    if (!dependencies.isRoot) return yield* needsRoot("pacman", "refresh")
    const repositories = yield* download(dependencies, indexes).pipe(
      Effect.catchTag("PlatformError", (error) => Effect.fail(notPossible(error.message))),
    )
    const reasons = repositories.flatMap(({ outcome, repository, message }): ReadonlyArray<PartialReason> =>
      outcome === "failed"
        ? [{ manager: "pacman", code: "repository_failed", detail: `${repository}: ${message ?? ""}` }]
        : [],
    )
    return { refreshed: reasons.length === 0, repositories, reasons }
  })

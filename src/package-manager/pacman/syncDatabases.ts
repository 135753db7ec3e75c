import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import { ageReasons } from "../indexAge.ts"
import { outputLines } from "../outputLines.ts"
import { pacmanPaths } from "./pacmanCommands.ts"

/** What is known of a file without opening it. */
export interface FileTime {
  /** When it came to lie where it is. */
  readonly changedAt: DateTime.Utc
  /** When it was last written; of a downloaded file, on the server. */
  readonly modifiedAt: DateTime.Utc
  readonly bytes: number
}

/** Reads `fileTimes`. */
export const parseFileTimes = (stdout: string): ReadonlyMap<string, FileTime> => {
  const files = new Map<string, FileTime>()
  for (const line of outputLines(stdout)) {
    const [, changed, modified, bytes, path] = /^(\d+)\t(\d+)\t(\d+)\t(.+)$/.exec(line) ?? []
    if (path === undefined) continue
    const times = Option.all([DateTime.make(Number(changed) * 1000), DateTime.make(Number(modified) * 1000)])
    if (Option.isNone(times)) continue
    const [changedAt, modifiedAt] = times.value
    files.set(path, { changedAt, modifiedAt, bytes: Number(bytes) })
  }
  return files
}

/** Names of the files about one repository in a folder with `sync`; the signature of a database is optional. */
export const databaseFile = (folder: string, repository: string) => `${folder}/sync/${repository}.db`
export const signatureFile = (folder: string, repository: string) => `${databaseFile(folder, repository)}.sig`

/** Its time is when `refresh` last got an answer about the repository, also if that was "nothing new". */
export const checkedFile = (repository: string) => `${pacmanPaths.copy}/checked/${repository}`

/** Everything whose time is asked for. */
export const timedFiles = (repositories: ReadonlyArray<string>): ReadonlyArray<string> =>
  repositories.flatMap((repository) => [
    databaseFile(pacmanPaths.database, repository),
    databaseFile(pacmanPaths.copy, repository),
    checkedFile(repository),
  ])

const isSame = (a: FileTime, b: FileTime) =>
  a.bytes === b.bytes && DateTime.Equivalence(a.modifiedAt, b.modifiedAt)

/**
 * Which databases to plan with: our own copy, unless pacman's are newer. They go together: packages of one repository
 * are built against those of another as they were at the same time.
 */
export const newestFolder = (
  repositories: ReadonlyArray<string>,
  files: ReadonlyMap<string, FileTime>,
): typeof pacmanPaths.copy | typeof pacmanPaths.database => {
  const isOlder = repositories.some((repository) => {
    const theirs = files.get(databaseFile(pacmanPaths.database, repository))
    const ours = files.get(databaseFile(pacmanPaths.copy, repository))
    return (
      theirs !== undefined && (ours === undefined || DateTime.isLessThan(ours.modifiedAt, theirs.modifiedAt))
    )
  })
  const isThere = repositories.some((repository) => files.has(databaseFile(pacmanPaths.copy, repository)))
  return isThere && !isOlder ? pacmanPaths.copy : pacmanPaths.database
}

/** Whether pacman's own databases are others than our copy. */
export const differ = (repositories: ReadonlyArray<string>, files: ReadonlyMap<string, FileTime>): boolean =>
  repositories.some((repository) => {
    const theirs = files.get(databaseFile(pacmanPaths.database, repository))
    const ours = files.get(databaseFile(pacmanPaths.copy, repository))
    return ours !== undefined && (theirs === undefined || !isSame(theirs, ours))
  })

/**
 * When pacman or we last heard from the repository. pacman's own database is put in place only when there is a newer one,
 * so its time of change is the last thing that is certain; with the same database in our copy, ours is.
 */
const checkedAt = (folder: string, repository: string, files: ReadonlyMap<string, FileTime>) => {
  const file = files.get(databaseFile(folder, repository))
  const ours = files.get(databaseFile(pacmanPaths.copy, repository))
  const checked = files.get(checkedFile(repository))
  if (file === undefined || file.bytes === 0) return undefined
  const isOurs = ours !== undefined && isSame(file, ours)
  return isOurs && checked !== undefined ? DateTime.max(checked.modifiedAt, file.changedAt) : file.changedAt
}

export interface IndexReport {
  readonly states: ReadonlyArray<IndexState>
  readonly reasons: ReadonlyArray<PartialReason>
  /** Repositories without a usable database. */
  readonly missing: ReadonlySet<string>
}

/** How old each repository's database is. An empty file is none: pacman takes it for a repository without packages. */
export const indexReport = (
  folder: string,
  repositories: ReadonlyArray<string>,
  files: ReadonlyMap<string, FileTime>,
  now: DateTime.Utc,
): IndexReport => {
  const states: Array<IndexState> = []
  const reasons: Array<PartialReason> = []
  const missing = new Set<string>()
  if (repositories.length === 0) {
    const detail = "no repository is configured: see /etc/pacman.conf"
    reasons.push({ manager: "pacman", code: "index_missing", detail })
  }
  for (const repository of repositories) {
    const at = checkedAt(folder, repository, files)
    const age = at === undefined ? undefined : Duration.max(Duration.zero, DateTime.distance(at, now))
    if (age === undefined) missing.add(repository)
    states.push({
      manager: "pacman",
      repository,
      ...(age === undefined ? {} : { ageSeconds: Math.floor(Duration.toSeconds(age)) }),
    })
    reasons.push(...ageReasons("pacman", repository, age, "check_updates, or upgrade with pacman -Syu"))
  }
  return { states, reasons, missing }
}

import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import { withoutCredentials } from "../outputText.ts"
import { parseRepositories, type AptRepository } from "./aptRepositories.ts"
import { parseUris, unquote } from "./aptUris.ts"
import { parseRelease, type ReleaseFile } from "./aptReleases.ts"
import { ageReasons } from "../indexAge.ts"
import { outputLines } from "../outputLines.ts"

/** A configured repository that offers packages, and the lists that it is expected to have. */
interface ConfiguredSource extends AptRepository {
  /** The files of its package lists, by the name they have in the Release file: `main/binary-amd64/Packages`. */
  readonly packageLists: ReadonlyMap<string, string>
}

/** The folder that holds the Release file: what `name` stands for. */
const folderOf = ({ name }: AptRepository): string => {
  const [site = "", suite = ""] = name.split(" ")
  return suite.endsWith("/") ? `${site}/${suite}` : `${site}/dists/${suite}/`
}

const packageList = /^(.*Packages)(?:\.[a-z0-9]+)?$/

/** Reads `apt-get --print-uris update`. Repositories of sources only (`deb-src`) have no package lists. */
export const configuredSources = (stdout: string): ReadonlyArray<ConfiguredSource> => {
  const lists = parseUris(withoutCredentials(stdout)).files.flatMap(({ uri, file }) => {
    const address = packageList.exec(unquote(uri))?.[1]
    return address === undefined ? [] : [{ address, file }]
  })
  return parseRepositories(stdout).flatMap((repository) => {
    const folder = folderOf(repository)
    const own = lists.flatMap(({ address, file }) =>
      address.startsWith(folder) ? [[address.slice(folder.length), file] as const] : [],
    )
    return own.length === 0 ? [] : [{ ...repository, packageLists: new Map(own) }]
  })
}

/** One file of `/var/lib/apt/lists`. Before 3.0 apt links to the indexes of `file:` repositories, so they are never old. */
interface ListFile {
  readonly changedAt: DateTime.Utc
  readonly isLink: boolean
}

/** Reads `stat --format "%Z\t%F\t%n"`, by file name without folder. */
export const parseChangeTimes = (stdout: string): ReadonlyMap<string, ListFile> => {
  const files = new Map<string, ListFile>()
  for (const line of outputLines(stdout)) {
    const [, seconds, kind, file] = /^(\d{1,12})\t([a-z ]+)\t.*?([^/]+)$/.exec(line) ?? []
    if (file === undefined) continue
    files.set(file, {
      changedAt: DateTime.makeUnsafe(Number(seconds) * 1000),
      isLink: kind === "symbolic link",
    })
  }
  return files
}

/** The names a downloaded Release file may have: signed inside, or beside. */
export const releaseFileNames = ({ releaseFile }: AptRepository): readonly [string, string] => [
  releaseFile,
  releaseFile.replace(/InRelease$/, "Release"),
]

/** The names a list may have on disk: apt keeps it as it came, or packed anew. */
const listFileNames = (file: string): ReadonlyArray<string> =>
  ["", ".lz4", ".xz", ".gz", ".zst", ".bz2", ".lzma"].map((ending) => file + ending)

/**
 * The lists that must be there: those the Release file announces as not empty. apt skips `binary-all` where the
 * other lists hold those packages too.
 */
const announcedLists = (source: ConfiguredSource, release: string): ReadonlyArray<string> => {
  const announced = new Set(
    [...release.matchAll(/^ [0-9a-f]{32,128} +[1-9]\d* (\S*Packages)$/gm)].map(([, list]) => list),
  )
  return [...source.packageLists].flatMap(([list, file]) =>
    announced.has(list) && !list.includes("/binary-all/") ? [file] : [],
  )
}

/** What can tell when apt last heard from the source, best first. */
export const indexFileNames = (source: ConfiguredSource): ReadonlyArray<string> => [
  ...releaseFileNames(source),
  ...[...source.packageLists.values()].flatMap(listFileNames),
]

interface SourceFiles {
  readonly source: ConfiguredSource
  /** Text of the Release file; undefined when there is none. */
  readonly release: string | undefined
}

export interface Indexes {
  readonly states: ReadonlyArray<IndexState>
  readonly reasons: ReadonlyArray<PartialReason>
  /** What the repositories say about themselves, by the address of the folder of the Release file. */
  readonly releases: ReadonlyMap<string, ReleaseFile>
}

const reason = (code: "index_missing" | "index_stale", detail: string): PartialReason => ({
  manager: "apt",
  code,
  detail,
})

/** What keeps the files of one source from being believed. */
const doubts = (
  { source, release }: SourceFiles,
  files: ReadonlySet<string>,
  age: Duration.Duration | undefined,
  now: DateTime.Utc,
): ReadonlyArray<PartialReason> => {
  if (age === undefined) return ageReasons("apt", source.name, undefined, "apt-get update")
  const lost = (release === undefined ? [] : announcedLists(source, release)).filter(
    (file) => !listFileNames(file).some((name) => files.has(name)),
  )
  if (lost.length > 0) {
    return [reason("index_missing", `${source.name} lacks ${lost.join(", ")}: run apt-get update`)]
  }
  const until = release === undefined ? undefined : parseRelease(release).validUntil
  if (until !== undefined && DateTime.isLessThan(until, now)) {
    const day = DateTime.formatIsoDateUtc(until)
    return [reason("index_stale", `the index of ${source.name} was valid until ${day}: run apt-get update`)]
  }
  return ageReasons("apt", source.name, age, "apt-get update")
}

/**
 * How old each index is: since apt last asked the server and got an answer it could verify. That moment is the
 * *change* time (ctime) of the Release file, which apt moves into place anew even when nothing is new (`Hit`); its
 * modification time is the server's, and may be months back on a release that rarely changes.
 */
export const indexesOf = (
  sources: ReadonlyArray<SourceFiles>,
  files: ReadonlyMap<string, ListFile>,
  names: ReadonlySet<string>,
  now: DateTime.Utc,
): Indexes => {
  const states: Array<IndexState> = []
  const reasons: Array<PartialReason> = []
  const releases = new Map<string, ReleaseFile>()
  if (sources.length === 0) {
    reasons.push(reason("index_missing", "no package source is configured: see /etc/apt/sources.list.d"))
  }
  for (const entry of sources) {
    const { source, release } = entry
    const file = indexFileNames(source).flatMap((name) => files.get(name) ?? [])[0]
    const age =
      file === undefined
        ? undefined
        : file.isLink
          ? Duration.zero
          : Duration.max(Duration.zero, DateTime.distance(file.changedAt, now))
    states.push({
      manager: "apt",
      repository: source.name,
      ...(age === undefined ? {} : { ageSeconds: Math.floor(Duration.toSeconds(age)) }),
    })
    reasons.push(...doubts(entry, names, age, now))
    if (release !== undefined) releases.set(folderOf(source), parseRelease(release))
  }
  return { states, reasons, releases }
}

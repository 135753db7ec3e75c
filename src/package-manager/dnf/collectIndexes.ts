import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { ManagerError } from "../PackageManager.ts"
import { repositories } from "./dnfCommands.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { advisoriesOf, foldersOf, indexesOf, type Advisories } from "./dnfIndexes.ts"
import { ask, dnfFailure, rootOnly } from "./dnfRead.ts"
import {
  missingRepository,
  parseRepositoryInfos,
  parseVerboseRepositories,
  type Repositories,
} from "./dnfRepositories.ts"

/** Where the metadata lies. yum's folder has two more levels, for the architecture and the release. */
const cacheFolders = { dnf5: "/var/cache/libdnf5", dnf4: "/var/cache/dnf", yum3: "/var/cache/yum" } as const

const list = (fs: FileSystem.FileSystem, folder: string) =>
  Effect.orElseSucceed(fs.readDirectory(folder), (): Array<string> => [])

const changeTime = (fs: FileSystem.FileSystem, path: string) =>
  fs.stat(path).pipe(
    Effect.map(({ mtime }) => Option.getOrUndefined(mtime)?.getTime() ?? 0),
    Effect.orElseSucceed(() => 0),
  )

/** Every folder with the metadata of a repository, by path. */
const metadataFolders = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  kind: DnfDialect["kind"],
  cache: string,
) {
  const inside = (folders: ReadonlyArray<string>) =>
    Effect.map(
      Effect.forEach(folders, (folder) =>
        Effect.map(list(fs, folder), (names) => names.map((name) => `${folder}/${name}`)),
      ),
      (paths) => paths.flat(),
    )
  const top = yield* inside([cache])
  return kind === "yum3" ? yield* inside(yield* inside(top)) : top
})

/** The advisories of one repository. Of several folders, left by other addresses, the last one dnf wrote counts. */
const findAdvisories = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  kind: DnfDialect["kind"],
  folders: ReadonlyArray<string>,
) {
  const data = folders.map((folder) => (kind === "yum3" ? folder : `${folder}/repodata`))
  const dated = yield* Effect.forEach(data, (folder) =>
    Effect.map(changeTime(fs, `${folder}/repomd.xml`), (time) => ({ folder, time })),
  )
  const [newest] = dated.toSorted((a, b) => b.time - a.time)
  if (newest === undefined) return undefined
  const repomd = yield* Effect.orElseSucceed(
    fs.readFileString(`${newest.folder}/repomd.xml`),
    () => undefined,
  )
  return repomd === undefined ? undefined : advisoriesOf(repomd, yield* list(fs, newest.folder))
})

const readRepositories = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
  operation: string,
): Effect.fn.Return<Repositories, ManagerError> {
  const result = yield* ask(dependencies, dialect, operation, repositories(dialect))
  // dnf5 takes an option for all repositories for a mistake where there are none.
  if (result.stderr.includes("No matching repositories for")) return { repositories: [], complaints: [] }
  const missing = dialect.kind === "yum3" ? missingRepository(result.stderr) : undefined
  if (result.exitCode !== 0 && missing !== undefined) {
    return { repositories: [{ id: missing, isSelective: false }], complaints: [] }
  }
  if (result.exitCode !== 0) return yield* dnfFailure(operation, result)
  if (dialect.kind !== "dnf5") return parseVerboseRepositories(`${result.stdout}\n${result.stderr}`)
  const parsed = parseRepositoryInfos(result.stdout)
  if (Option.isSome(parsed)) return parsed.value
  const detail = "repo info --json is not the document that was expected"
  return yield* new ManagerError({ manager: "dnf", operation, reason: "output_not_understood", detail })
})

/** The state of every enabled repository. Fails when dnf cannot read its own configuration, and without root. */
export const collectIndexes = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  operation: string,
) {
  const { fs, isRoot } = dependencies
  if (!isRoot) return yield* rootOnly(operation)
  const dialect = yield* dependencies.dialect
  const known = yield* readRepositories(dependencies, dialect, operation)
  const folders = yield* metadataFolders(fs, dialect.kind, known.cacheFolder ?? cacheFolders[dialect.kind])
  const advisories = new Map<string, Advisories>()
  for (const { id } of known.repositories) {
    const own = new Set(
      foldersOf(
        id,
        folders.map((path) => path.slice(path.lastIndexOf("/") + 1)),
      ),
    )
    const paths = folders.filter((path) => own.has(path.slice(path.lastIndexOf("/") + 1)))
    const found = yield* findAdvisories(fs, dialect.kind, paths)
    if (found !== undefined) advisories.set(id, found)
  }
  return indexesOf(known, advisories, yield* DateTime.now, `${dialect.program} makecache`)
})

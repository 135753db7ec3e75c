import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { ReadDependencies } from "../preflight.ts"
import { notUnderstood } from "../partialReasons.ts"
import { askZypper } from "./askZypper.ts"
import { readRepomd } from "./repomd.ts"
import { repositories, zypperPaths } from "./zypperCommands.ts"
import { indexesOf, parseRepositories, type Repository, type RepositoryIndex } from "./zypperRepositories.ts"

/** The folder with the head of the index and that head, for each kind of repository zypper knows. */
const heads = [
  { folder: "/repodata", head: "/repodata/repomd.xml" },
  { folder: "", head: "/content" },
  { folder: "", head: "/cookie" },
] as const

const changedAt = (fs: FileSystem.FileSystem, path: string) =>
  fs.stat(path).pipe(
    Effect.map(({ mtime }) => Option.map(mtime, (date) => DateTime.makeUnsafe(date.getTime()))),
    Effect.orElseSucceed(() => Option.none<DateTime.Utc>()),
  )

/**
 * What is on disk of one index. zypper replaces its folder when there is a new one and touches its head when the
 * server says that there is none; a head alone may be as old as on the server.
 */
const inspect = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  repository: Repository,
): Effect.fn.Return<RepositoryIndex> {
  // libzypp's escaped_alias.
  const place = `${zypperPaths.raw}/${repository.alias.replaceAll("/", "_")}`
  for (const { folder, head } of heads) {
    const touched = yield* changedAt(fs, place + head)
    if (Option.isNone(touched)) continue
    const replaced = yield* changedAt(fs, place + folder)
    const isRpmMd = head.endsWith("/repomd.xml")
    const text = isRpmMd ? yield* Effect.option(fs.readFileString(place + head)) : Option.none()
    return {
      ...repository,
      heardAt: DateTime.max(
        touched.value,
        Option.getOrElse(replaced, () => touched.value),
      ),
      ...(Option.isSome(replaced) ? { replacedAt: replaced.value } : {}),
      ...(Option.isSome(text) ? { repomd: yield* readRepomd(text.value) } : {}),
    }
  }
  return repository
})

/**
 * The enabled repositories and the state of their indexes, from zypper's configuration and its cache; no index is
 * opened and no lock taken. Fails when zypper cannot read its configuration.
 */
export const collectIndexes = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
) {
  const answer = yield* askZypper(dependencies, operation, repositories)
  const { repositories: configured, notUnderstood: lost } = parseRepositories(answer.stream)
  const enabled = yield* Effect.forEach(
    configured.filter((repository) => repository.enabled),
    (repository) => inspect(dependencies.fs, repository),
  )
  const indexes = indexesOf(enabled, yield* DateTime.now)
  return {
    ...indexes,
    reasons: [...answer.reasons, ...notUnderstood("zypper", "zypper repos", lost), ...indexes.reasons],
  }
})

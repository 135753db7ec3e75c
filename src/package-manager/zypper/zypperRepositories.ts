import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { ageReasons } from "../indexAge.ts"
import type { Repomd } from "./repomd.ts"
import type { Scope } from "./zypperCommands.ts"
import type { ZypperStream } from "./zypperStream.ts"

/** One configured repository. */
export interface Repository {
  /** What zypper identifies it by. */
  readonly alias: string
  /** What zypper calls it to people, and in search results; several may have the same. */
  readonly name: string
  readonly enabled: boolean
  /** The lower the number, the sooner its packages are taken. */
  readonly priority: number
}

/** What is on disk of an enabled repository's index. */
export interface RepositoryIndex extends Repository {
  /** When zypper last asked the server and believed its answer; absent when there is no index. */
  readonly heardAt?: DateTime.Utc
  /** When that answer last was a new index. */
  readonly replacedAt?: DateTime.Utc
  readonly repomd?: Repomd
}

/** Reads `zypper repos`. */
export const parseRepositories = ({
  elements,
}: ZypperStream): { readonly repositories: ReadonlyArray<Repository>; readonly notUnderstood: number } => {
  const repositories: Array<Repository> = []
  let notUnderstood = 0
  for (const { name, attributes } of elements) {
    if (name !== "repo") continue
    const { alias, name: title, enabled, priority } = attributes
    if (alias === undefined || alias === "" || (enabled !== "0" && enabled !== "1")) notUnderstood += 1
    else {
      repositories.push({
        alias,
        name: title ?? alias,
        enabled: enabled === "1",
        priority: Number(/^\d{1,9}$/.exec(priority ?? "")?.[0] ?? 99),
      })
    }
  }
  return { repositories, notUnderstood }
}

export interface Indexes {
  readonly repositories: ReadonlyArray<RepositoryIndex>
  readonly states: ReadonlyArray<IndexState>
  readonly reasons: ReadonlyArray<PartialReason>
  /** Which repositories a question may read; `none` when no index is there at all. */
  readonly scope: Scope | "none"
}

/** The reason against a host without a single repository. */
export const noRepository: PartialReason = {
  manager: "zypper",
  code: "index_missing",
  detail: "no repository is enabled: see zypper repos, or register this host with its distribution",
}

/** How old the indexes of all enabled repositories are, and which of them can be read. */
export const indexesOf = (repositories: ReadonlyArray<RepositoryIndex>, now: DateTime.Utc): Indexes => {
  const remedy = "zypper refresh"
  const aged = repositories.map(({ alias, heardAt }) => ({
    alias,
    age: heardAt === undefined ? undefined : Duration.max(Duration.zero, DateTime.distance(heardAt, now)),
  }))
  const present = aged.filter(({ age }) => age !== undefined).map(({ alias }) => alias)
  return {
    repositories,
    states: aged.map(({ alias, age }) => ({
      manager: "zypper",
      repository: alias,
      ...(age === undefined ? {} : { ageSeconds: Math.floor(Duration.toSeconds(age)) }),
    })),
    reasons:
      aged.length === 0
        ? [noRepository]
        : aged.flatMap(({ alias, age }) => ageReasons("zypper", `the index of ${alias}`, age, remedy)),
    scope: present.length === 0 ? "none" : present.length === aged.length ? undefined : present,
  }
}

/** The ids under which the repositories that zypper calls so are known: their aliases, if the name is theirs alone. */
export const repositoryIds = (
  repositories: ReadonlyArray<Repository>,
  name: string,
): ReadonlyArray<string> => {
  const [only, ...others] = repositories.filter((repository) => repository.name === name)
  return [only === undefined || others.length > 0 ? name : only.alias]
}

import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import { ageReasons } from "../indexAge.ts"
import type { DnfRepository, Repositories } from "./dnfRepositories.ts"

/**
 * What the metadata of a repository says about advisories: there are some, its vendor publishes none, or they are
 * announced but not on this host.
 */
export type Advisories = "present" | "none" | "lost"

export interface Indexes {
  readonly states: ReadonlyArray<IndexState>
  readonly reasons: ReadonlyArray<PartialReason>
  readonly repositories: ReadonlyArray<DnfRepository>
  /** By id of the repository. */
  readonly advisories: ReadonlyMap<string, Advisories>
}

/** The folders of one repository in the cache: its id and a hash of its address, which may have changed. */
export const foldersOf = (id: string, folders: ReadonlyArray<string>): ReadonlyArray<string> =>
  folders.filter(
    (folder) =>
      folder === id || (folder.startsWith(`${id}-`) && /^[0-9a-f]{16}$/.test(folder.slice(id.length + 1))),
  )

/**
 * The files of the advisories that a `repomd.xml` announces, packed in one way or two, of which dnf takes one. Empty
 * when the repository has none.
 */
const advisoryFiles = (repomd: string): ReadonlyArray<string> =>
  [...repomd.matchAll(/<data type="updateinfo(?:_zck)?">(.*?)<\/data>/gs)].flatMap(
    ([, data = ""]) => /<location\b[^>]*\bhref="(?:[^"]*\/)?([^"/]+)"/.exec(data)?.[1] ?? [],
  )

/** What `repomd.xml` promises of advisories, against the files beside it. */
export const advisoriesOf = (repomd: string, files: ReadonlyArray<string>): Advisories => {
  const announced = advisoryFiles(repomd)
  if (announced.length === 0) return "none"
  return announced.some((file) => files.includes(file)) ? "present" : "lost"
}

/** The state of every repository and what keeps it from being believed. */
export const indexesOf = (
  { repositories, complaints }: Repositories,
  advisories: ReadonlyMap<string, Advisories>,
  now: DateTime.Utc,
  remedy: string,
): Indexes => {
  const reasons: Array<PartialReason> = complaints.map((complaint) => ({
    manager: "dnf",
    code: "repository_failed",
    detail: complaint,
  }))
  if (repositories.length === 0) {
    const detail = "no repository is enabled: see /etc/yum.repos.d"
    reasons.push({ manager: "dnf", code: "index_missing", detail })
  }
  const states = repositories.map(({ id, checkedAt }): IndexState => {
    const age =
      checkedAt === undefined ? undefined : Duration.max(Duration.zero, DateTime.distance(checkedAt, now))
    reasons.push(...ageReasons("dnf", id, age, remedy))
    if (age !== undefined && advisories.get(id) === "lost") {
      const detail = `the advisories of ${id} are announced but not on this host: run ${remedy}`
      reasons.push({ manager: "dnf", code: "index_missing", detail })
    }
    return {
      manager: "dnf",
      repository: id,
      ...(age === undefined ? {} : { ageSeconds: Math.floor(Duration.toSeconds(age)) }),
    }
  })
  return { states, reasons, repositories, advisories }
}

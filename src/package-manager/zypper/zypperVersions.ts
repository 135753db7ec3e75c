import { normalVersion } from "../rpm/nevra.ts"
import { repositoryIds, type Repository } from "./zypperRepositories.ts"
import type { ZypperStream } from "./zypperStream.ts"

/** One version that a repository offers. */
export interface Offered {
  readonly name: string
  readonly architecture: string
  readonly version: string
  /** Alias, or the name that several repositories have. */
  readonly repository: string
}

/** Where search results have what is installed and in no repository. */
const installedOnly = "(System Packages)"

/** Reads `zypper search --details`; a version that is both installed and offered is offered. */
export const parseVersions = (
  { elements }: ZypperStream,
  repositories: ReadonlyArray<Repository>,
): { readonly offered: ReadonlyArray<Offered>; readonly notUnderstood: number } => {
  const offered: Array<Offered> = []
  let notUnderstood = 0
  for (const { name: element, parent, attributes } of elements) {
    if (element !== "solvable" || parent !== "solvable-list") continue
    const { name, arch, edition, repository } = attributes
    if (repository === installedOnly) continue
    const version = normalVersion(edition ?? "")
    if (name === undefined || arch === undefined || repository === undefined || version === undefined) {
      notUnderstood += 1
      continue
    }
    for (const id of repositoryIds(repositories, repository)) {
      offered.push({ name, architecture: arch, version, repository: id })
    }
  }
  return { offered, notUnderstood }
}

/** Where exactly this version of a package is to be had. */
export const offeredAt = (
  offered: ReadonlyArray<Offered>,
  row: { readonly name: string; readonly to: string },
): ReadonlyArray<Offered> => offered.filter(({ name, version }) => name === row.name && version === row.to)

import { shortened } from "../outputText.ts"
import type { Objection } from "../updateSelection.ts"
import { fits, isMeant, parseDependency } from "./dependency.ts"
import type { LocalPackage } from "./localDatabase.ts"
import type { SyncRecord } from "./syncRecord.ts"
import type { PrintedInstall } from "./upgradeListing.ts"

/** One package of the upgrade with its repository's record of it. */
export interface PlannedPackage extends PrintedInstall {
  readonly record: SyncRecord
}

/** What `pacman -Su` does to this host: all of it, or nothing. */
export interface WholeUpgrade {
  readonly installs: ReadonlyArray<PlannedPackage>
  /** Installed packages whose successor is among the installs, by name. */
  readonly replaced: ReadonlyMap<string, PlannedPackage>
  /** Installed packages that must go because a package of the upgrade excludes them, by the name of that package. */
  readonly excluded: ReadonlyMap<string, ReadonlyArray<LocalPackage>>
}

/** What stands in the way of the whole upgrade. */
export interface Refusal {
  /** In one line. */
  readonly words: string
  /** Packages that are to blame. */
  readonly blamed: ReadonlyMap<string, Objection>
}

export type Prospect = { readonly upgrade: WholeUpgrade } | { readonly refusal: Refusal }

const providerOf = ({ row, provides }: LocalPackage) => ({ name: row.name, version: row.version, provides })

/**
 * Installed packages that a package of the upgrade declares to replace. As pacman does, only where no repository up to the
 * successor's own still has the package itself (`alpm_sync_sysupgrade` in libalpm's sync.c).
 */
export const replacements = (
  installs: ReadonlyArray<PlannedPackage>,
  installed: ReadonlyArray<LocalPackage>,
  isStillOffered: (name: string, repository: string) => boolean,
): ReadonlyMap<string, PlannedPackage> => {
  const present = new Set<string>(installed.map(({ row }) => row.name))
  const planned = new Set(installs.map(({ name }) => name))
  const found = new Map<string, PlannedPackage>()
  for (const install of installs) {
    if (present.has(install.name)) continue
    const replaces = install.record.replaces.map(parseDependency)
    for (const { row } of installed) {
      if (planned.has(row.name) || found.has(row.name) || isStillOffered(row.name, install.repository))
        continue
      if (replaces.some((dependency) => isMeant(row, dependency))) found.set(row.name, install)
    }
  }
  return found
}

/**
 * Installed packages that exclude a package of the upgrade, or are excluded by one, and are neither upgraded nor replaced
 * (`_alpm_outerconflicts` in libalpm's conflict.c). pacman finds them only when the upgrade begins, and then refuses.
 */
export const exclusions = (
  installs: ReadonlyArray<PlannedPackage>,
  installed: ReadonlyArray<LocalPackage>,
  replaced: ReadonlyMap<string, PlannedPackage>,
): ReadonlyMap<string, ReadonlyArray<LocalPackage>> => {
  const planned = new Set(installs.map(({ name }) => name))
  const staying = installed
    .filter(({ row }) => !planned.has(row.name) && !replaced.has(row.name))
    .map((local) => ({
      local,
      provider: providerOf(local),
      conflicts: local.conflicts.map(parseDependency),
    }))
  return new Map(
    installs.flatMap(({ name, record }) => {
      const conflicts = record.conflicts.map(parseDependency)
      const against = staying.filter(
        (other) =>
          conflicts.some((conflict) => fits(other.provider, conflict)) ||
          other.conflicts.some((conflict) => fits(record, conflict)),
      )
      return against.length === 0 ? [] : [[name, against.map(({ local }) => local)] as const]
    }),
  )
}

/** Why the whole upgrade may not go ahead; undefined where it may. */
export const objectionsOf = (prospect: Prospect, allowRemovals: boolean): Refusal | undefined => {
  if ("refusal" in prospect) return prospect.refusal
  const { excluded } = prospect.upgrade
  if (excluded.size === 0 || allowRemovals) return undefined
  const blamed = new Map(
    [...excluded].map(([name, locals]) => {
      const others = locals.map(({ row }) => row.name).join(", ")
      const detail = shortened(`${name} excludes ${others}, which would have to be removed`)
      return [name, { reason: "needs_removal" as const, detail }]
    }),
  )
  return { words: [...blamed.values()].map(({ detail }) => detail).join("; "), blamed }
}

import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { Planner } from "../planUpdates.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { Objection } from "../updateSelection.ts"
import { collectAdvisories, type CollectedAdvisories } from "./collectAdvisories.ts"
import { collectVersions } from "./collectVersions.ts"
import type { Indexes } from "./zypperRepositories.ts"
import { broughtBy } from "./zypperSecurity.ts"
import { offeredAt, type Offered } from "./zypperVersions.ts"

/** What dates a version: the patch that brought it, or the index of a repository that lists it. */
export interface Dated {
  readonly at: DateTime.Utc
  /** In words, such as `the patch SUSE-2026-1`. */
  readonly by: string
}

/**
 * Why a version is too young, if it is. What is certain of its age: it is at least as old as the index that lists it,
 * and as the patch that its vendor issued for it. The oldest of these counts; where that is not old enough, the age is
 * unknown, and unknown is not old enough.
 */
export const tooYoung = (
  dates: ReadonlyArray<Dated>,
  minimum: Duration.Duration,
  now: DateTime.Utc,
): Objection | undefined => {
  const [oldest] = dates.toSorted((a, b) => DateTime.Order(a.at, b.at))
  if (oldest === undefined) {
    return { reason: "too_young", detail: "its age is unknown: nothing that offers it carries a date" }
  }
  if (Duration.isGreaterThanOrEqualTo(DateTime.distance(oldest.at, now), minimum)) return undefined
  const hours = Duration.toHours(minimum)
  const detail = `all that is certain is that ${oldest.by} is of ${DateTime.formatIso(oldest.at)}, less than ${hours} h ago`
  return { reason: "too_young", detail }
}

type Version = Parameters<Planner["youth"]>[0][number]

const datesOf = (
  row: Version,
  { repositories }: Indexes,
  installed: ReadonlyArray<InstalledPackage>,
  offered: ReadonlyArray<Offered>,
  advisories: CollectedAdvisories,
): ReadonlyArray<Dated> => [
  ...offeredAt(offered, row).flatMap(({ repository }) => {
    const madeAt = repositories.find(({ alias }) => alias === repository)?.repomd?.madeAt
    return madeAt === undefined ? [] : [{ at: madeAt, by: `the index of ${repository}` }]
  }),
  ...installed
    .filter(({ name }) => name === row.name)
    .flatMap(({ architecture, version: from }) =>
      broughtBy({ name: row.name, architecture, from, to: row.to }, advisories),
    )
    .flatMap(({ patch, version }) =>
      patch.issuedAt === undefined || version !== row.to
        ? []
        : [{ at: patch.issuedAt, by: `the patch ${patch.name}` }],
    ),
]

/** `Planner.youth`: asks zypper once for each package, however often the planner does. */
export const makeYouth = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  indexes: Indexes,
  installed: ReadonlyArray<InstalledPackage>,
) {
  const { scope } = indexes
  const advisories = yield* Effect.cached(
    collectAdvisories(dependencies, scope === "none" ? undefined : scope),
  )
  const asked = new Set<string>()
  const offered: Array<Offered> = []
  const youth: Planner["youth"] = Effect.fnUntraced(function* (rows, minimumHours) {
    const names = rows.map(({ name }) => name).filter((name) => !asked.has(name))
    offered.push(...(yield* collectVersions(dependencies, "plan", indexes, names)).offered)
    for (const name of names) asked.add(name)
    const known = yield* advisories
    const now = yield* DateTime.now
    return (row) =>
      tooYoung(datesOf(row, indexes, installed, offered, known), Duration.hours(minimumHours), now)
  })
  return youth
})

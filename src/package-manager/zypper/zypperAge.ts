import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { Planner } from "../planUpdates.ts"
import type { ReadDependencies } from "../preflight.ts"
import { tooYoung, type Dated } from "../versionAge.ts"
import { collectAdvisories, type CollectedAdvisories } from "./collectAdvisories.ts"
import { collectVersions } from "./collectVersions.ts"
import type { Indexes } from "./zypperRepositories.ts"
import { broughtBy } from "./zypperSecurity.ts"
import { offeredAt, type Offered } from "./zypperVersions.ts"

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

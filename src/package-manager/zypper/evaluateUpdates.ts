import * as Effect from "effect/Effect"
import { compare } from "../../version/rpm.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectVersions } from "./collectVersions.ts"
import type { Indexes } from "./zypperRepositories.ts"
import { broughtBy, fixedFrom, type Advisories } from "./zypperSecurity.ts"
import type { Evaluated, Newer } from "./zypperUpdates.ts"
import { offeredAt, type Offered } from "./zypperVersions.ts"

/** The lowest version that has all fixes, where that is not the one that would be installed. */
const lowestFixed = (
  { name, to }: Newer,
  fixed: string | undefined,
  offered: ReadonlyArray<Offered>,
): string | undefined =>
  fixed === undefined
    ? undefined
    : offered
        .filter(
          (row) => row.name === name && compare(row.version, fixed) >= 0 && compare(row.version, to) < 0,
        )
        .map(({ version }) => version)
        .toSorted(compare)[0]

/**
 * Adds what is not in zypper's lists: which patches an update brings, where a version comes from that zypper takes
 * instead of the highest one, and whether an older version would do to fix what is to be fixed. Costs a question only
 * where one of the last two is in doubt.
 */
export const evaluateUpdates = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  indexes: Indexes,
  rows: ReadonlyArray<Newer>,
  advisories: Advisories,
) {
  const entries = rows.map((row) => {
    const brought = broughtBy(row, advisories)
    return { row, brought, fixed: fixedFrom(brought) }
  })
  const inDoubt = entries.filter(
    ({ row, fixed }) => row.repository === undefined || (fixed !== undefined && compare(fixed, row.to) < 0),
  )
  const names = inDoubt.map(({ row }) => row.name)
  const { offered, reasons } = yield* collectVersions(dependencies, "updates", indexes, names)
  const evaluated = entries.map(({ row, brought, fixed }): Evaluated => {
    const fixedIn = lowestFixed(row, fixed, offered)
    return {
      ...row,
      brought,
      repositories:
        row.repository === undefined
          ? [...new Set(offeredAt(offered, row).map(({ repository }) => repository))]
          : [row.repository],
      ...(fixedIn === undefined ? {} : { fixedIn }),
    }
  })
  return { evaluated, reasons }
})

import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Install } from "../planUpdates.ts"
import { tooYoung } from "../versionAge.ts"
import { releaseDates } from "./aptAge.ts"
import type { ReleaseOf } from "./aptReleases.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { collectPolicies } from "./collectUpdates.ts"
import { aptName } from "./dpkgQuery.ts"

/** The host as the plan finds it. */
export interface Scene {
  readonly native: string | undefined
  readonly releaseOf: ReleaseOf
}

type Version = Pick<Install, "name" | "architecture" | "to">

/** The version tables of what would be installed. */
export const policiesOf = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  { native }: Scene,
  rows: ReadonlyArray<Version>,
) {
  const tables = yield* collectPolicies(dependencies, "plan", [
    ...new Set(rows.map((row) => aptName(row, native))),
  ])
  const policies = new Map(tables.value.map((policy) => [policy.name, policy]))
  return (row: Version) =>
    policies.get(aptName(row, native))?.versions.find(({ version }) => version === row.to)
})

/** Why some of these are too young for the command, by name and version. */
export const youth = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  scene: Scene,
  rows: ReadonlyArray<Version>,
  minimumHours: number,
) {
  const versionOf = yield* policiesOf(dependencies, scene, rows)
  const now = yield* DateTime.now
  return (row: Version) =>
    tooYoung(releaseDates(versionOf(row), scene.releaseOf), Duration.hours(minimumHours), now)
})

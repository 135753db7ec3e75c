import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { ManagerError } from "../PackageManager.ts"
import { tooYoung } from "./aptAge.ts"
import type { ReleaseOf } from "./aptReleases.ts"
import { globMatches, type Target } from "./aptSelection.ts"
import type { Simulation } from "./aptSimulation.ts"
import type { Objection } from "./aptTrial.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { collectPolicies } from "./collectUpdates.ts"
import { aptName } from "./dpkgQuery.ts"

/** The host as the plan finds it. */
export interface Scene {
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly native: string | undefined
  readonly releaseOf: ReleaseOf
}

/** The version tables of what would be installed. */
export const policiesOf = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  { native }: Scene,
  rows: ReadonlyArray<Pick<Target, "name" | "architecture" | "to">>,
) {
  const tables = yield* collectPolicies(dependencies, "plan", [
    ...new Set(rows.map((row) => aptName(row, native))),
  ])
  const policies = new Map(tables.value.map((policy) => [policy.name, policy]))
  return (row: Pick<Target, "name" | "architecture" | "to">) =>
    policies.get(aptName(row, native))?.versions.find(({ version }) => version === row.to)
})

/** Why some of these are too young for the command, by name and version; nothing when it does not ask. */
export const youth = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  scene: Scene,
  request: InstallUpdates,
  rows: ReadonlyArray<Pick<Target, "name" | "architecture" | "to">>,
) {
  const hours = request.min_age_hours ?? 0
  if (hours === 0) return () => undefined
  const versionOf = yield* policiesOf(dependencies, scene, rows)
  const now = yield* DateTime.now
  return (row: Pick<Target, "name" | "architecture" | "to">) =>
    tooYoung(versionOf(row), scene.releaseOf, Duration.hours(hours), now)
})

/** What the command forbids, also to what apt would install or remove along with the targets. */
export const objections = (dependencies: AptReadDependencies, scene: Scene, request: InstallUpdates) =>
  Effect.fnUntraced(function* (
    simulation: Simulation,
  ): Effect.fn.Return<Objection | undefined, ManagerError> {
    for (const { name } of [...simulation.installs, ...simulation.removals]) {
      const glob = request.exclude?.find((pattern) => globMatches(pattern, name))
      if (glob !== undefined) {
        return { reason: "excluded_by_policy", detail: `it would change ${name}, which matches ${glob}` }
      }
    }
    const young = yield* youth(dependencies, scene, request, simulation.installs)
    for (const install of simulation.installs) {
      const found = young(install)
      if (found !== undefined) return { ...found, detail: `${install.name} ${install.to}: ${found.detail}` }
    }
    return undefined
  })

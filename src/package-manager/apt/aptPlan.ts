import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstallPlan, LeftOut, PlannedInstall, PlannedRemoval } from "../../domain/InstallPlan.ts"
import { planDigest } from "../../domain/snapshot.ts"
import { largestPossible } from "../largestPossible.ts"
import type { Inventory, ManagerError, PackageManager, UpdateListing } from "../PackageManager.ts"
import { downloadBytesOf, installedSizeChange, rebootExpected } from "./aptConsequences.ts"
import { objections, policiesOf, youth, type Scene } from "./aptGuards.ts"
import type { PackagePolicy } from "./aptPolicy.ts"
import { brokenDependencies, preflight, type PreflightDependencies } from "./aptPreflight.ts"
import { releaseFinder } from "./aptReleases.ts"
import { askedName, chooseTargets, globMatches, leaveTarget, type Target } from "./aptSelection.ts"
import type { SimulatedInstall, SimulatedRemoval, Simulation } from "./aptSimulation.ts"
import { tryInstall } from "./aptTrial.ts"
import { originsOf } from "./aptUpdates.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectPolicies } from "./collectUpdates.ts"
import { nativeArchitecture } from "./dpkgQuery.ts"

export interface PlanDependencies extends PreflightDependencies {
  readonly inventory: Effect.Effect<Inventory, ManagerError>
  readonly updates: Effect.Effect<UpdateListing, ManagerError>
}

/** Each costs one `apt-get -s`. Enough to find six culprits among a thousand targets. */
const mostTrials = 120

const byName = (policies: ReadonlyArray<PackagePolicy>) =>
  new Map(policies.map((policy) => [policy.name, policy]))

const plannedInstalls = (
  rows: ReadonlyArray<SimulatedInstall>,
  targets: ReadonlyArray<Target>,
  originsFor: (row: SimulatedInstall) => PlannedInstall["origins"],
): ReadonlyArray<PlannedInstall> =>
  rows
    .map((row) => ({
      manager: "apt" as const,
      name: row.name,
      architecture: row.architecture,
      ...(row.from === undefined ? {} : { from: row.from }),
      to: row.to,
      origins: originsFor(row),
      role: targets.some(({ name, to }) => name === row.name && to === row.to)
        ? ("requested" as const)
        : ("dependency" as const),
    }))
    .toSorted((a, b) => (`${a.name}:${a.architecture}` < `${b.name}:${b.architecture}` ? -1 : 1))

/** apt prints the architecture of a removal only where it is a foreign one; the inventory knows the others. */
const plannedRemovals = (
  rows: ReadonlyArray<SimulatedRemoval>,
  { installed, native }: Scene,
): ReadonlyArray<PlannedRemoval> =>
  rows
    .flatMap((row) => {
      const found = installed.find(
        ({ name, architecture }) =>
          name === row.name &&
          (row.architecture === undefined
            ? architecture === native || architecture === "all"
            : architecture === row.architecture),
      )
      return found === undefined
        ? []
        : [{ manager: "apt" as const, name: row.name, architecture: found.architecture, from: row.from }]
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** Patterns that fit nothing which is installed or offered. */
const unmatched = (request: InstallUpdates, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  (request.exclude ?? []).filter((glob) => !names.some((name) => globMatches(glob, name)))

/**
 * `PackageManager.plan` for apt. The selection becomes exact versions; what apt refuses, what the command excludes
 * and what is too young is left out by trial, with its reason; the rest is what apt says it would do, which `apply`
 * repeats word for word. Broken dependencies make apt refuse every plan: then all is left out as
 * `blocked_by_manager`, and `preflight` names them.
 */
export const makePlan = (dependencies: PlanDependencies): PackageManager["Service"]["plan"] =>
  Effect.fn("AptPackageManager.plan")(function* (request: InstallUpdates) {
    const { packages: installed, faults } = yield* dependencies.inventory
    const { updates } = yield* dependencies.updates
    const { releases } = yield* collectIndexes(dependencies)
    const native = nativeArchitecture(installed)
    const scene: Scene = { installed, native, releaseOf: releaseFinder(releases) }
    const asked = request.selection.kind === "packages" ? request.selection.packages : []
    const tables = yield* collectPolicies(
      dependencies,
      "plan",
      asked.map((selection) => askedName(selection, native)),
    )
    const chosen = chooseTargets(request, { installed, updates, policies: byName(tables.value), native })

    const young = yield* youth(dependencies, scene, request, chosen.targets)
    const tooYoungOnes = chosen.targets.flatMap((member) => {
      const objection = young(member)
      return objection === undefined ? [] : [{ member, objection }]
    })
    const oldEnough = chosen.targets.filter((target) => young(target) === undefined)

    const broken = yield* brokenDependencies(dependencies)
    const allowRemovals = request.allow_removals ?? false
    const objects = objections(dependencies, scene, request)
    const settled =
      broken === undefined
        ? yield* largestPossible(oldEnough, mostTrials, (targets) =>
            tryInstall(dependencies, targets, allowRemovals, objects),
          )
        : { members: [], dropped: [], untried: oldEnough }
    const simulation: Simulation = settled.answer ?? { installs: [], removals: [], notUnderstood: 0 }
    const versionOf = yield* policiesOf(dependencies, scene, simulation.installs)
    const installs = plannedInstalls(simulation.installs, settled.members, (row) => {
      const version = versionOf(row)
      return version === undefined ? [] : originsOf(version, scene.releaseOf)
    })
    const removals = plannedRemovals(simulation.removals, scene)
    const leftOut: ReadonlyArray<LeftOut> = [
      ...chosen.leftOut,
      ...[...tooYoungOnes, ...settled.dropped].map(({ member, objection }) =>
        leaveTarget(member, objection.reason, objection.detail),
      ),
      ...settled.untried.map((target) =>
        leaveTarget(target, "blocked_by_manager", broken ?? "not tried: apt refused too many of the others"),
      ),
    ]
    const isEmpty = installs.length === 0
    const sizeChange = isEmpty ? 0 : yield* installedSizeChange(dependencies, { installs, removals })
    const plan: InstallPlan = {
      installs,
      removals,
      leftOut: leftOut.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      unmatchedExcludes: unmatched(
        request,
        [...installed, ...updates, ...installs].map(({ name }) => name),
      ),
      downloadBytes: isEmpty
        ? 0
        : yield* downloadBytesOf(dependencies, { targets: settled.members, allowRemovals }),
      ...(sizeChange === undefined ? {} : { installedSizeChangeBytes: sizeChange }),
      rebootExpected: rebootExpected(installs),
      digest: planDigest({ installs, removals }),
    }
    return {
      plan,
      preflight: yield* preflight(dependencies, request, plan, { faults, brokenDependencies: broken }),
    }
  })

import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstalledPackage } from "../../domain/Package.ts"
import { compare } from "../../version/rpm.ts"
import type { Inventory, ManagerError, PackageManager, UpdateListing } from "../PackageManager.ts"
import { planUpdates, type Changes, type Consequences, type Planner } from "../planUpdates.ts"
import { preflight, type ReadDependencies } from "../preflight.ts"
import { selectedPackage, type Known } from "../updateSelection.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectObsoletes } from "./collectSolverPlan.ts"
import { collectVersions } from "./collectVersions.ts"
import { makeYouth } from "./zypperAge.ts"
import { changesOf } from "./zypperChanges.ts"
import { rebootExpected } from "./zypperConsequences.ts"
import { notRun } from "./zypperFailure.ts"
import { preconditions } from "./zypperPreflight.ts"
import type { Indexes } from "./zypperRepositories.ts"
import type { Summary } from "./zypperSummary.ts"
import { severalArchitectures, tryInstall, type Ground } from "./zypperTrial.ts"
import { offeredAt, type Offered } from "./zypperVersions.ts"

export interface PlanDependencies extends ReadDependencies {
  readonly isRoot: boolean
  readonly inventory: Effect.Effect<Inventory, ManagerError>
  readonly updates: Effect.Effect<UpdateListing, ManagerError>
}

/** The host as the plan finds it. */
interface Scene {
  readonly indexes: Indexes
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly updates: UpdateListing["updates"]
}

/** What the repositories offer of the packages that the selection names. */
const offersOf = (scene: Scene, offered: ReadonlyArray<Offered>): Known["offersOf"] => {
  const byName = Map.groupBy(offered, ({ name }) => name)
  return (name) => {
    const rows = byName.get(name)
    if (rows === undefined) return undefined
    const candidate = scene.updates.find((row) => row.name === name)?.to
    return {
      ...(candidate === undefined ? {} : { candidate }),
      versions: [...new Set(rows.map(({ version }) => version))]
        .toSorted((a, b) => compare(b, a))
        .map((version) => ({ version })),
    }
  }
}

const consequences = (
  dependencies: PlanDependencies,
  { indexes, updates }: Scene,
  summaries: WeakMap<Changes, Summary>,
): Planner["consequences"] =>
  Effect.fnUntraced(function* (changes) {
    const summary = summaries.get(changes)
    const unknown = changes.installs.filter(
      ({ name, to }) => !updates.some((update) => update.name === name && update.to === to),
    )
    const names = unknown.map(({ name }) => name)
    const { offered } = yield* collectVersions(dependencies, "plan", indexes, names)
    const facts: Consequences = {
      originsOf: (install) =>
        updates.find(({ name, to }) => name === install.name && to === install.to)?.origins ??
        offeredAt(offered, install).map(({ repository }) => ({ id: repository })),
      downloadBytes: summary?.downloadBytes ?? 0,
      ...(summary?.installedSizeChangeBytes === undefined
        ? {}
        : { installedSizeChangeBytes: summary.installedSizeChangeBytes }),
      rebootExpected: rebootExpected(changes.installs, updates, summary),
    }
    return facts
  })

/** An update that is not installed yet takes the place of something that is, which goes for it. */
const groundOf = Effect.fnUntraced(function* (
  dependencies: PlanDependencies,
  { indexes, installed, updates }: Scene,
) {
  const scope = indexes.scope === "none" ? undefined : indexes.scope
  const known = new Set(installed.map(({ name }) => name))
  const fresh = updates.map(({ name }) => name).filter((name) => !known.has(name))
  const ground: Ground = {
    scope,
    severalArchitectures: severalArchitectures(installed),
    obsoletes: yield* collectObsoletes(dependencies, "plan", scope, fresh),
  }
  return ground
})

/** `PackageManager.plan` for zypper, by trial with `zypper install --dry-run`: see `planUpdates`. */
export const makePlan = (dependencies: PlanDependencies): PackageManager["Service"]["plan"] =>
  Effect.fn("ZypperPackageManager.plan")(function* (request: InstallUpdates) {
    const { packages: installed, faults } = yield* dependencies.inventory
    const { updates } = yield* dependencies.updates
    const indexes = yield* collectIndexes(dependencies, "plan")
    const scene: Scene = { indexes, installed, updates }
    const asked = request.selection.kind === "packages" ? request.selection.packages : []
    const names = asked.map((selection) => selectedPackage(selection).name)
    const { offered } = yield* collectVersions(dependencies, "plan", indexes, names)
    const ground = yield* groundOf(dependencies, scene)
    const summaries = new WeakMap<Changes, Summary>()
    const plan = yield* planUpdates(request, {
      known: {
        manager: "zypper",
        compare,
        installed,
        updates,
        offersOf: offersOf(scene, offered),
      },
      refusal:
        indexes.scope === "none" ? "there is no index of any repository: run zypper refresh" : undefined,
      attempt: (targets, allowRemovals) =>
        Effect.map(tryInstall(dependencies, "plan", ground, { targets, allowRemovals }), (trial) => {
          if (!trial.possible) return trial
          const changes = changesOf(trial.answer, installed)
          summaries.set(changes, trial.answer)
          return { ...trial, answer: changes }
        }),
      youth: yield* makeYouth(dependencies, indexes, installed),
      consequences: consequences(dependencies, scene, summaries),
    })
    const found = yield* preconditions(dependencies, dependencies.isRoot, request, plan, faults)
    return { plan, preflight: yield* preflight(dependencies, request, plan, found).pipe(notRun("plan")) }
  })

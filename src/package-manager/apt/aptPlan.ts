import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import { compare } from "../../version/deb.ts"
import type { Inventory, ManagerError, PackageManager, UpdateListing } from "../PackageManager.ts"
import { planUpdates, type Changes, type Consequences } from "../planUpdates.ts"
import { preflight } from "../preflight.ts"
import { selectedPackage, type Known, type Target } from "../updateSelection.ts"
import { changesOf } from "./aptChanges.ts"
import { downloadBytesOf, installedSizeChange, rebootExpected } from "./aptConsequences.ts"
import { notRun } from "./aptFailure.ts"
import { policiesOf, youth, type Scene } from "./aptGuards.ts"
import { brokenDependencies, preconditions, type PreflightDependencies } from "./aptPreflight.ts"
import { releaseFinder } from "./aptReleases.ts"
import { tryInstall } from "./aptTrial.ts"
import { originsOf } from "./aptUpdates.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectPolicies } from "./collectUpdates.ts"
import { aptName, nativeArchitecture } from "./dpkgQuery.ts"

export interface PlanDependencies extends PreflightDependencies {
  readonly inventory: Effect.Effect<Inventory, ManagerError>
  readonly updates: Effect.Effect<UpdateListing, ManagerError>
}

/** The name under which apt answers for a package; one without an architecture is the native one. */
const askedName = (name: string, architecture: string | undefined, native: string | undefined): string => {
  const isForeign = architecture !== undefined && architecture !== native && architecture !== "all"
  return isForeign ? `${name}:${architecture}` : name
}

/** What the repositories offer of the packages that the selection names. A negative priority is a pin against it. */
const offers = Effect.fnUntraced(function* (
  dependencies: PlanDependencies,
  request: InstallUpdates,
  installed: Inventory["packages"],
) {
  const native = nativeArchitecture(installed)
  const asked = request.selection.kind === "packages" ? request.selection.packages : []
  const names = asked.flatMap((selection) => {
    const { name, architecture } = selectedPackage(selection)
    const rows = installed.filter(
      (row) => row.name === name && (architecture === undefined || row.architecture === architecture),
    )
    return rows.length === 0
      ? [askedName(name, architecture, native)]
      : rows.map((row) => aptName(row, native))
  })
  const tables = yield* collectPolicies(dependencies, "plan", [...new Set(names)])
  const policies = new Map(tables.value.map((policy) => [policy.name, policy]))
  return ((name, architecture) => {
    const policy = policies.get(askedName(name, architecture, native))
    return policy === undefined
      ? undefined
      : {
          ...(policy.candidate === undefined ? {} : { candidate: policy.candidate }),
          versions: policy.versions.map(({ version, priority }) => ({
            version,
            ...(priority < 0 ? { forbidden: `a preference of this host gives it priority ${priority}` } : {}),
          })),
        }
  }) satisfies Known["offersOf"]
})

const consequences = Effect.fnUntraced(function* (
  dependencies: PlanDependencies,
  scene: Scene,
  changes: Changes,
  wanted: { readonly targets: ReadonlyArray<Target>; readonly allowRemovals: boolean },
) {
  const versionOf = yield* policiesOf(dependencies, scene, changes.installs)
  const sizeChange = yield* installedSizeChange(dependencies, changes)
  const facts: Consequences = {
    originsOf: (install) => {
      const version = versionOf(install)
      return version === undefined ? [] : originsOf(version, scene.releaseOf)
    },
    downloadBytes: yield* downloadBytesOf(dependencies, wanted),
    ...(sizeChange === undefined ? {} : { installedSizeChangeBytes: sizeChange }),
    rebootExpected: rebootExpected(changes.installs),
  }
  return facts
})

/**
 * `PackageManager.plan` for apt, by trial with `apt-get -s install`: see `planUpdates`. Broken dependencies make apt
 * refuse every plan.
 */
export const makePlan = (dependencies: PlanDependencies): PackageManager["Service"]["plan"] =>
  Effect.fn("AptPackageManager.plan")(function* (request: InstallUpdates) {
    const { packages: installed, faults } = yield* dependencies.inventory
    const { updates } = yield* dependencies.updates
    const { releases } = yield* collectIndexes(dependencies)
    const scene: Scene = { native: nativeArchitecture(installed), releaseOf: releaseFinder(releases) }
    const broken = yield* brokenDependencies(dependencies)
    const plan = yield* planUpdates(request, {
      known: {
        manager: "apt",
        compare,
        installed,
        updates,
        offersOf: yield* offers(dependencies, request, installed),
      },
      refusal: broken,
      attempt: (targets, allowRemovals) =>
        Effect.map(tryInstall(dependencies, targets, allowRemovals), (trial) =>
          trial.possible ? { ...trial, answer: changesOf(trial.answer, installed) } : trial,
        ),
      youth: (rows, hours) => youth(dependencies, scene, rows, hours),
      consequences: (changes, wanted) => consequences(dependencies, scene, changes, wanted),
    })
    const found = yield* preconditions(dependencies, request, plan, { faults, brokenDependencies: broken })
    return { plan, preflight: yield* preflight(dependencies, request, plan, found).pipe(notRun("plan")) }
  })

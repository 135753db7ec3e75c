import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import { applyPlan, wantedOf, type Installer, type Wanted } from "../applyPlan.ts"
import type { ApplyOptions, PackageManager } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectUpgrade } from "./collectUpgrade.ts"
import { readLocalDatabase } from "./localDatabase.ts"
import { performWholeUpgrade } from "./pacmanTransaction.ts"
import { changesOf } from "./upgradeChanges.ts"

export interface ApplyDependencies extends ReadDependencies {
  readonly isRoot: boolean
}

/** What a full upgrade would do now, and whether it has to remove what excludes a package of it. */
const upgradeNow = Effect.fnUntraced(function* (dependencies: ApplyDependencies) {
  const { prospect, installed } = yield* collectUpgrade(dependencies, "apply")
  if ("refusal" in prospect) return undefined
  const changes = Option.getOrUndefined(changesOf(prospect.upgrade, installed))
  return changes === undefined ? undefined : { changes, removes: prospect.upgrade.excluded.size > 0 }
})

/**
 * `PackageManager.apply` for pacman: see `applyPlan`. All in one transaction or not at all: what fails is not tried in
 * smaller parts, for that would be a partial upgrade. Nothing of pacman is there to repair anything with.
 */
export const makeApply = (dependencies: ApplyDependencies): PackageManager["Service"]["apply"] =>
  Effect.fn("PacmanPackageManager.apply")(function* (plan: InstallPlan, options: ApplyOptions) {
    const whole = wantedOf(plan).targets.length
    // What the plan was compared with right before the installation: `install` follows `changes`.
    let removesConflicting = false
    const installer: Installer = {
      manager: "pacman",
      isRoot: dependencies.isRoot,
      fs: dependencies.fs,
      rows: Effect.map(readLocalDatabase(dependencies, "apply"), ({ packages, faults }) => ({
        packages: packages.map(({ row }) => row),
        faults,
      })),
      changes: Effect.fnUntraced(function* ({ targets, allowRemovals }: Wanted) {
        if (targets.length < whole) return undefined
        const now = yield* upgradeNow(dependencies)
        if (now === undefined || (now.removes && !allowRemovals)) return undefined
        removesConflicting = now.removes
        return now.changes
      }),
      install: () => performWholeUpgrade(dependencies, plan, removesConflicting),
      repair: () => Effect.void,
      afterFailure: () => Effect.void,
      afterwards: Effect.void,
      besideLocal: [".pacnew", ".pacsave"],
    }
    return yield* applyPlan(installer, plan, options)
  })

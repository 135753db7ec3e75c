import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import { applyPlan, type Installer, type RunStep } from "../applyPlan.ts"
import type { ApplyOptions, PackageManager } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectRpmInventory } from "../rpm/rpmDatabase.ts"
import { readAutomatic, restoreAutomatic } from "./autoInstalled.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { changesOf } from "./zypperChanges.ts"
import { eraseSuperseded, install } from "./zypperCommands.ts"
import { performRpm, performZypper } from "./zypperTransaction.ts"
import { severalArchitectures, tryInstall, type Ground } from "./zypperTrial.ts"

export interface ApplyDependencies extends ReadDependencies {
  readonly isRoot: boolean
}

const readRows = (dependencies: ReadDependencies) => collectRpmInventory(dependencies, "zypper", "apply")

/**
 * Ends upgrades that were cut off. rpm has both versions on record when the new one is in place and the old one not
 * yet cleared away; that last step is done here, so nothing is removed that an upgrade would have left.
 */
const repair = Effect.fnUntraced(function* (dependencies: ApplyDependencies, step: RunStep) {
  const { faults } = yield* readRows(dependencies)
  const superseded = faults.flatMap(({ name, version, state }) =>
    state === "duplicate" && version !== undefined ? [`${name}-${version}`] : [],
  )
  if (superseded.length === 0) return
  yield* step(
    "repair: clear away versions that an interrupted upgrade has replaced",
    performRpm(dependencies, eraseSuperseded(superseded)),
  )
})

/** What is installed for several architectures, and the repositories whose indexes can be read. */
const groundOf = Effect.fnUntraced(function* (dependencies: ApplyDependencies) {
  const { packages } = yield* readRows(dependencies)
  const { scope } = yield* collectIndexes(dependencies, "apply")
  const ground: Ground = {
    scope: scope === "none" ? undefined : scope,
    severalArchitectures: severalArchitectures(packages),
    // What a plan removes, it may remove.
    obsoletes: new Map(),
  }
  return ground
})

/** `PackageManager.apply` for zypper: see `applyPlan`. Marks as automatically installed are afterwards as they were. */
export const makeApply = (dependencies: ApplyDependencies): PackageManager["Service"]["apply"] =>
  Effect.fn("ZypperPackageManager.apply")(function* (plan: InstallPlan, options: ApplyOptions) {
    const ground = yield* groundOf(dependencies)
    const automatic = yield* readAutomatic(dependencies.fs)
    const installer: Installer = {
      manager: "zypper",
      isRoot: dependencies.isRoot,
      fs: dependencies.fs,
      rows: readRows(dependencies),
      changes: Effect.fnUntraced(function* (wanted) {
        const trial = yield* tryInstall(dependencies, "apply", ground, wanted)
        if (!trial.possible) return undefined
        const { packages } = yield* readRows(dependencies)
        return changesOf(trial.answer, packages)
      }),
      install: (wanted) =>
        performZypper(
          dependencies,
          install(ground.scope, wanted, ground.severalArchitectures),
          wanted.targets,
        ),
      repair: (step) => repair(dependencies, step),
      // A failed transaction of rpm leaves nothing half done: what it did not get to is tried again.
      afterFailure: () => Effect.void,
      afterwards: Effect.gen(function* () {
        const { packages } = yield* readRows(dependencies)
        yield* restoreAutomatic(dependencies.fs, automatic, new Set(packages.map(({ name }) => name)))
      }),
      besideLocal: [".rpmnew", ".rpmsave"],
    }
    return yield* applyPlan(installer, plan, options)
  })

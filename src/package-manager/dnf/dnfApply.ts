import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import { managerLockRetry } from "../../schedules.ts"
import { compare } from "../../version/rpm.ts"
import { applyPlan, type Installer, type RunStep, type Wanted } from "../applyPlan.ts"
import type { ApplyOptions, ManagerError, PackageManager } from "../PackageManager.ts"
import type { InstalledRows } from "../packageOutcomes.ts"
import { collectRpmInventory } from "../rpm/rpmDatabase.ts"
import { changesOf } from "./dnfChanges.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import { performReinstall, performUpgrade, specsOf, type Upgrade } from "./dnfInstall.ts"
import { performDnf } from "./dnfTransaction.ts"
import { simulate } from "./dnfUpgradeTrial.ts"

const readRows = (dependencies: DnfReadDependencies): Effect.Effect<InstalledRows, ManagerError> =>
  collectRpmInventory(dependencies, "dnf", "apply")

/** The targets in words that dnf understands now: a package may have changed its architecture meanwhile. */
const upgradeTo = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  plan: InstallPlan,
  { targets, allowRemovals }: Wanted,
) {
  const { packages } = yield* readRows(dependencies)
  const replaced = plan.removals.map(({ name }) => name)
  const wanted: Upgrade = { specs: specsOf(targets, packages, replaced), allowRemovals }
  return { wanted, packages }
})

/**
 * What dnf would do now, or undefined when it refuses or answers in lines that are not understood. Who keeps it from
 * answering is waited for, as a transaction would wait.
 */
const changesNow = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  plan: InstallPlan,
  all: Wanted,
) {
  const { wanted, packages } = yield* upgradeTo(dependencies, plan, all)
  const table = yield* simulate(dependencies, "apply", wanted).pipe(
    Effect.retry({ schedule: managerLockRetry, while: ({ reason }) => reason === "locked" }),
    Effect.map((answer) => answer.table),
    Effect.catchIf(
      ({ reason }) => reason === "output_not_understood",
      () => Effect.undefined,
    ),
  )
  return table === undefined || table.installs.length === 0 ? undefined : changesOf(table, packages)
})

/** The newest of each package that is there in more than one version and should not be. */
const duplicated = ({ packages, faults }: InstalledRows): InstalledRows["packages"] => {
  const names = new Set(faults.flatMap(({ name, state }) => (state === "duplicate" ? [name] : [])))
  return packages.filter(
    (row) =>
      names.has(row.name) &&
      !packages.some(
        (other) =>
          other.name === row.name &&
          other.architecture === row.architecture &&
          compare(other.version, row.version) > 0,
      ),
  )
}

/** Enough to see what is wrong on a host where even single packages cannot be installed again. */
const mostAlone = 16

/** Mends packages that a killed transaction left in two versions: all together, and then each that is left alone. */
const repair = Effect.fnUntraced(function* (dependencies: DnfReadDependencies, step: RunStep) {
  const dialect = yield* dependencies.dialect
  const broken = duplicated(yield* readRows(dependencies))
  if (broken.length === 0) return
  const { ending } = yield* step(
    "repair: install again what is there in two versions",
    performDnf(dependencies, performReinstall(dialect, broken)),
  )
  if (ending !== "failed" || broken.length === 1) return
  for (const row of duplicated(yield* readRows(dependencies)).slice(0, mostAlone)) {
    const alone = yield* step(
      `repair: install ${row.name} again`,
      performDnf(dependencies, performReinstall(dialect, [row])),
    )
    if (alone.ending === "left" || alone.ending === "locked") return
  }
})

/** `PackageManager.apply` for dnf: see `applyPlan`. Packages keep the reason for which they were installed. */
export const makeApply = (dependencies: DnfReadDependencies): PackageManager["Service"]["apply"] =>
  Effect.fn("DnfPackageManager.apply")(function* (plan: InstallPlan, options: ApplyOptions) {
    const install: Installer["install"] = (all) => (report) =>
      Effect.gen(function* () {
        const dialect = yield* dependencies.dialect
        const { wanted } = yield* upgradeTo(dependencies, plan, all)
        return yield* performDnf(dependencies, performUpgrade(dialect, wanted))(report)
      })
    const installer: Installer = {
      manager: "dnf",
      isRoot: dependencies.isRoot,
      fs: dependencies.fs,
      rows: readRows(dependencies),
      changes: (wanted) => changesNow(dependencies, plan, wanted),
      install,
      repair: (step) => repair(dependencies, step),
      // rpm installs the others by itself and leaves none of them halfway.
      afterFailure: () => Effect.void,
      afterwards: Effect.void,
      besideLocal: [".rpmnew", ".rpmsave", ".rpmorig"],
    }
    return yield* applyPlan(installer, plan, options)
  })

import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import { applyPlan, type Installer, type RunStep, type Wanted } from "../applyPlan.ts"
import type { ApplyOptions, PackageManager } from "../PackageManager.ts"
import type { InstalledRows } from "../packageOutcomes.ts"
import { changesOf } from "./aptChanges.ts"
import { installedPackages } from "./aptCommands.ts"
import { aptFailure, notRun } from "./aptFailure.ts"
import { configurePending, fixBroken, installAgain, performInstall, simulateInstall } from "./aptInstall.ts"
import { readMarks, restoreMarks } from "./aptMarks.ts"
import { brokenDependencies } from "./aptPreflight.ts"
import { parseSimulation } from "./aptSimulation.ts"
import { performApt } from "./aptTransaction.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { dpkgFormat, parseDpkgRows } from "./dpkgQuery.ts"

export interface ApplyDependencies extends AptReadDependencies {
  readonly isRoot: boolean
}

export const readRows = Effect.fnUntraced(function* ({ subprocess }: AptReadDependencies) {
  const result = yield* subprocess.run(installedPackages(dpkgFormat)).pipe(notRun("apply"))
  return result.exitCode === 0 ? parseDpkgRows(result.stdout) : yield* aptFailure("apply", result)
})

/** What apt would do now, or undefined when it refuses or answers in lines that are not understood. */
const changesNow = Effect.fnUntraced(function* (dependencies: AptReadDependencies, wanted: Wanted) {
  const result = yield* dependencies.subprocess.run(simulateInstall(wanted)).pipe(notRun("apply"))
  const simulation = parseSimulation(result.stdout)
  if (result.exitCode !== 0 || simulation.notUnderstood > 0) return undefined
  const installed = simulation.removals.length === 0 ? [] : (yield* readRows(dependencies)).packages
  return changesOf(simulation, installed)
})

/** Packages that only wait to be configured: bystanders of another package's failure. */
export const bystanders = ({ faults }: InstalledRows, guilty: ReadonlySet<string>): ReadonlyArray<string> =>
  faults
    .filter(({ name, state }) => state !== "reinstall_required" && !guilty.has(name))
    .map(({ name }) => name)

/** Packages that dpkg goes on with only after they were unpacked once more. */
export const lostPackages = ({ faults }: InstalledRows): ReadonlyArray<string> =>
  faults.filter(({ state }) => state === "reinstall_required").map(({ name }) => name)

const repair = Effect.fnUntraced(function* (
  dependencies: ApplyDependencies,
  step: RunStep,
  offline: boolean,
) {
  const finished = yield* step(
    "repair: finish half-configured packages",
    performApt(dependencies, configurePending),
  )
  if (finished.ending !== "succeeded" && finished.ending !== "failed") return
  const lost = lostPackages(yield* readRows(dependencies))
  if (lost.length > 0) {
    yield* step(
      `repair: install ${lost.length} packages again`,
      performApt(dependencies, installAgain(lost, offline)),
    )
  }
  if ((yield* brokenDependencies(dependencies)) !== undefined) {
    yield* step("repair: install missing dependencies", performApt(dependencies, fixBroken(offline)))
  }
})

/** apt stops at the first package that cannot be unpacked, and leaves its bystanders unconfigured. */
const configureBystanders = Effect.fnUntraced(function* (
  dependencies: ApplyDependencies,
  step: RunStep,
  guilty: ReadonlySet<string>,
) {
  const waiting = bystanders(yield* readRows(dependencies), guilty)
  if (waiting.length > 0) {
    yield* step(`configure ${waiting.length} bystanders`, performApt(dependencies, configurePending))
  }
})

/** `PackageManager.apply` for apt: see `applyPlan`. Automatic marks are afterwards as they were. */
export const makeApply = (dependencies: ApplyDependencies): PackageManager["Service"]["apply"] =>
  Effect.fn("AptPackageManager.apply")(function* (plan: InstallPlan, options: ApplyOptions) {
    const marksBefore = yield* readMarks(dependencies)
    const offline = options.offline === true
    const present = new Set(plan.installs.flatMap(({ name, from }) => (from === undefined ? [] : [name])))
    const installer: Installer = {
      manager: "apt",
      isRoot: dependencies.isRoot,
      fs: dependencies.fs,
      rows: readRows(dependencies),
      changes: (wanted) => changesNow(dependencies, wanted),
      install: (wanted) => performApt(dependencies, performInstall(wanted, offline)),
      repair: (step) => repair(dependencies, step, offline),
      afterFailure: (step, guilty) => configureBystanders(dependencies, step, guilty),
      afterwards: restoreMarks(dependencies, marksBefore, present),
      // dpkg's and ucf's, where Policy 10.7.2 wants configuration files.
      besideLocal: [".dpkg-dist", ".ucf-dist"],
    }
    return yield* applyPlan(installer, plan, options)
  })

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import { PackageName } from "../../domain/Package.ts"
import type { SubprocessResult } from "../../host/Subprocess.ts"
import { managerApplyTimeout, managerLockTimeout } from "../../schedules.ts"
import { applyPlan, type Attempt, type Installer, type RunStep, type Wanted } from "../applyPlan.ts"
import { lockHolders } from "../lockHolders.ts"
import { evidenceText } from "../outputText.ts"
import type { ApplyOptions, ManagerError, PackageManager, ReportProgress } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { runTransaction } from "../runTransaction.ts"
import { apkPaths, performFix, performUpgrade, simulateFix, simulateUpgrade } from "./apkCommands.ts"
import { ended, notRun } from "./apkFailure.ts"
import { complaintOf, complaintsAbout, errorsOf } from "./apkMessages.ts"
import { hasSummary, parseSimulation, stepOf } from "./apkSimulation.ts"
import { changesOf } from "./apkTrial.ts"
import { readInstalled } from "./collectInventory.ts"

export interface ApplyDependencies extends ReadDependencies {
  readonly isRoot: boolean
}

type Subject = { readonly name: string; readonly version: string }

/**
 * What a run that ended came to. Without a summary apk did nothing at all, so its complaint is about every package.
 * The exit code counts broken packages of the whole host, and not the triggers that failed just now in apk 2.
 */
const judge =
  (subjects: ReadonlyArray<Subject>) =>
  (result: SubprocessResult): Attempt => {
    const { exitCode, stdout, stderr } = result
    const evidence = { step: "", exitCode, output: evidenceText(result) }
    const complaint = errorsOf(stderr).length > 0 || !hasSummary(stdout) ? complaintOf(result) : ""
    if (!hasSummary(stdout) && ended(stderr) === "locked") {
      return { evidence, ending: "locked", complaints: new Map(), complaint }
    }
    const complaints = hasSummary(stdout)
      ? complaintsAbout(stderr, subjects)
      : new Map(subjects.map(({ name }) => [name, complaint]))
    return { evidence, ending: complaint === "" ? "succeeded" : "failed", complaints, complaint }
  }

const progressOf = (report: ReportProgress) => (line: string) => {
  const step = stepOf(line)
  return step === undefined
    ? Effect.void
    : report({
        step: "installing",
        package: step.name,
        percent: Math.floor(((step.at - 1) / step.of) * 100),
      })
}

/** Runs one transaction of apk, which may complain about these packages. */
const performApk = (
  dependencies: ApplyDependencies,
  args: ReadonlyArray<string>,
  subjects: ReadonlyArray<Subject>,
) =>
  Effect.fnUntraced(function* (report: ReportProgress): Effect.fn.Return<Attempt, ManagerError> {
    const request = {
      program: "apk",
      args,
      timeout: Duration.sum(managerApplyTimeout, managerLockTimeout),
      onLine: progressOf(report),
    }
    const attempt = yield* runTransaction("apk", dependencies.subprocess, request, judge(subjects))
    if (attempt.ending !== "locked") return attempt
    const [holder] = yield* lockHolders(dependencies.fs, [apkPaths.lock])
    return holder === undefined ? attempt : { ...attempt, holder }
  })

/** What apk would do now, or undefined when it refuses or answers in lines that are not understood. */
const changesNow = Effect.fnUntraced(function* (
  dependencies: ApplyDependencies,
  { targets, allowRemovals }: Wanted,
) {
  const names = targets.map(({ name }) => name)
  const result = yield* dependencies.subprocess.run(simulateUpgrade(names)).pipe(notRun("apply"))
  const simulation = parseSimulation(result.stdout)
  const isUnderstood = simulation.isComplete && simulation.notUnderstood === 0 && !result.truncated
  if (!isUnderstood || (simulation.removals.length > 0 && !allowRemovals)) return undefined
  return changesOf(simulation, (yield* readInstalled(dependencies, "apply")).packages)
})

const isName = Schema.is(PackageName)

/** Installs broken packages once more, unless apk would do more than that: changes of the world that wait, say. */
const repair = Effect.fnUntraced(function* (dependencies: ApplyDependencies, step: RunStep) {
  const { faults } = yield* readInstalled(dependencies, "apply")
  const names = [...new Set(faults.map(({ name }) => name))].filter(isName)
  if (names.length === 0) return
  const result = yield* dependencies.subprocess.run(simulateFix(names)).pipe(notRun("apply"))
  const { isComplete, installs, removals, notUnderstood } = parseSimulation(result.stdout)
  if (!isComplete || notUnderstood > 0 || installs.length > 0 || removals.length > 0) return
  const subjects = faults.map(({ name, version = "" }) => ({ name, version }))
  yield* step("repair: reinstall broken packages", performApk(dependencies, performFix(names), subjects))
})

/**
 * `PackageManager.apply` for apk: see `applyPlan`. The world is afterwards as it was. A package whose script fails is
 * upgraded nevertheless and marked as broken in the database; one that cannot be downloaded or unpacked stays at its
 * old version, and costs no other package of the run.
 */
export const makeApply = (dependencies: ApplyDependencies): PackageManager["Service"]["apply"] =>
  Effect.fn("ApkPackageManager.apply")(function* (plan: InstallPlan, options: ApplyOptions) {
    const subjects = plan.installs.map(({ name, to }) => ({ name, version: to }))
    const installer: Installer = {
      manager: "apk",
      isRoot: dependencies.isRoot,
      fs: dependencies.fs,
      rows: readInstalled(dependencies, "apply"),
      changes: (wanted) => changesNow(dependencies, wanted),
      install: ({ targets }) =>
        performApk(dependencies, performUpgrade(targets.map(({ name }) => name)), subjects),
      repair: (step) => repair(dependencies, step),
      afterFailure: () => Effect.void,
      afterwards: Effect.void,
      besideLocal: [".apk-new"],
    }
    return yield* applyPlan(installer, plan, options)
  })

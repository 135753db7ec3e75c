import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { LockHolder } from "../domain/Host.ts"
import type { InstallPlan, InstallReport, PlannedInstall, PreflightFault } from "../domain/InstallPlan.ts"
import type { ManagerId } from "../domain/Package.ts"
import { needsRoot } from "./managerFailure.ts"
import { listBesideLocal, newFiles } from "./newConfigurationFiles.ts"
import type { ApplyOptions, ManagerError, ReportProgress } from "./PackageManager.ts"
import { isInstalled, outcomesOf, type InstalledRows } from "./packageOutcomes.ts"
import type { Changes } from "./planUpdates.ts"

/** What one run of the manager came to, apart from what it did to the system: that is for the database to say. */
export interface Attempt {
  readonly evidence: InstallReport["evidence"][number]
  /** `left`: it did not end, or its end is unknown, and something of it may still be at work. */
  readonly ending: "succeeded" | "failed" | "locked" | "left"
  readonly holder?: LockHolder
  /** What the manager says of single packages, by name without architecture. */
  readonly complaints: ReadonlyMap<string, string>
  /**
   * Packages of `complaints` whose files are in place while a script of theirs failed. rpm and pacman keep no record
   * of it in their databases.
   */
  readonly scriptFailures?: ReadonlySet<string>
  /** The complaint about the run as a whole; empty when there is none. */
  readonly complaint: string
}

/** What is installed together: some packages of a plan at their versions. */
export interface Wanted {
  readonly targets: ReadonlyArray<Pick<PlannedInstall, "name" | "architecture" | "to">>
  readonly allowRemovals: boolean
}

/** A command that changes the system, telling its progress. Fails only where the program cannot be started. */
export type Perform = (report: ReportProgress) => Effect.Effect<Attempt, ManagerError>

/** Performs one named step and keeps what it said. */
export type RunStep = (name: string, perform: Perform) => Effect.Effect<Attempt, ManagerError>

/** How one manager installs. */
export interface Installer {
  readonly manager: ManagerId
  readonly isRoot: boolean
  readonly fs: FileSystem.FileSystem
  /** The package database as it is now. */
  readonly rows: Effect.Effect<InstalledRows, ManagerError>
  /** What the manager would do now, or undefined when it refuses or is not understood. */
  readonly changes: (wanted: Wanted) => Effect.Effect<Changes | undefined, ManagerError>
  readonly install: (wanted: Wanted) => Perform
  /** Ends what earlier runs left unfinished. Nothing is removed for it. */
  readonly repair: (step: RunStep) => Effect.Effect<void, ManagerError>
  /** After a failed run, before the database is read: finishes packages that are not to blame. */
  readonly afterFailure: (step: RunStep, guilty: ReadonlySet<string>) => Effect.Effect<void, ManagerError>
  /** When all is done and nothing is at work any more. */
  readonly afterwards: Effect.Effect<void, ManagerError>
  /** Ends of the names of files put beside a configuration file that was changed locally. */
  readonly besideLocal: ReadonlyArray<string>
}

/** Enough to find three culprits among a thousand packages; a host where more fail has another problem. */
const mostTransactions = 64

/** One run of `apply`: what it has learned so far. */
interface Run {
  readonly evidence: Array<InstallReport["evidence"][number]>
  readonly complaints: Map<string, string>
  readonly scriptFailures: Set<string>
  /** What stood in the way before anything was changed. */
  preflight: ReadonlyArray<PreflightFault>
  /** Why the rest was not tried. */
  stopped: string
  /** Whether an installation was started. */
  attempted: boolean
  /** Whether something that was started may still be at work. */
  atWork: boolean
}

/** The request again, from the plan alone. */
export const wantedOf = (plan: InstallPlan): Wanted => ({
  targets: plan.installs.filter(({ role }) => role === "requested"),
  allowRemovals: plan.removals.length > 0,
})

/** Changes in words that can be compared. */
const changeTexts = ({ installs, removals }: Changes): ReadonlySet<string> =>
  new Set([
    ...installs.map(({ name, architecture, from, to }) => `${name}:${architecture} ${from ?? ""} ${to}`),
    ...removals.map(({ name, from }) => `${name} ${from}`),
  ])

const isWithin = (some: Changes, all: Changes) => {
  const texts = changeTexts(all)
  return [...changeTexts(some)].every((change) => texts.has(change))
}

const isLate = ({ deadline }: ApplyOptions) =>
  Effect.map(DateTime.now, (now) => deadline !== undefined && DateTime.isLessThanOrEqualTo(deadline, now))

const locked = (detail: string, holder: LockHolder | undefined): PreflightFault => {
  const remedy = "Wait until the other program has finished; never delete the lock file"
  const fault = { code: "locked" as const, detail, remedy }
  return holder === undefined ? fault : { ...fault, holder }
}

const runStep =
  (run: Run, options: ApplyOptions): RunStep =>
  (name, perform) =>
    Effect.map(perform(options.report), (attempt) => {
      run.evidence.push({ ...attempt.evidence, step: name })
      for (const [subject, complaint] of attempt.complaints) run.complaints.set(subject, complaint)
      for (const subject of attempt.scriptFailures ?? []) run.scriptFailures.add(subject)
      if (attempt.ending === "left") {
        run.stopped = attempt.complaint
        run.atWork = true
      }
      if (attempt.ending === "locked") {
        run.stopped = attempt.complaint
        run.preflight = [locked(attempt.complaint, attempt.holder)]
      }
      return attempt
    })

/** What the manager would do now. A lock that keeps it from answering stops the run, with what was done so far. */
const changesNow = (installer: Installer, run: Run, wanted: Wanted) =>
  installer.changes(wanted).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "locked",
      ({ message, holder }) =>
        Effect.sync(() => {
          run.stopped = message
          run.preflight = [locked(message, holder)]
          return undefined
        }),
    ),
  )

/** Installs one part and answers the members that are not installed then. */
const installPart = Effect.fnUntraced(function* (
  installer: Installer,
  run: Run,
  step: RunStep,
  wanted: Wanted,
) {
  const { targets } = wanted
  const [first] = targets
  const name = targets.length === 1 && first !== undefined ? first.name : `${targets.length} packages`
  const attempt = yield* step(`install ${name}`, installer.install(wanted))
  run.attempted ||= attempt.ending !== "locked"
  if (attempt.ending === "failed") {
    if (targets.length === 1 && !run.complaints.has(name)) run.complaints.set(name, attempt.complaint)
    yield* installer.afterFailure(step, new Set(run.complaints.keys()))
  }
  const rows = yield* installer.rows
  return targets.filter((row) => !isInstalled(rows, row))
})

/**
 * Installs all at once, and what is then missing in smaller and smaller parts: without the packages that the manager
 * named as guilty, else in halves, down to single ones.
 */
const installAll = Effect.fnUntraced(function* (
  installer: Installer,
  run: Run,
  options: ApplyOptions,
  plan: InstallPlan,
) {
  const step = runStep(run, options)
  const all = wantedOf(plan)
  const first = all.targets.filter(({ name }) => !run.complaints.has(name))
  const parts = [first]
  for (let part = parts.shift(); part !== undefined && run.stopped === ""; part = parts.shift()) {
    if (part.length === 0) continue
    if (yield* isLate(options)) {
      run.stopped = "not tried: the deadline has passed"
      break
    }
    if (run.evidence.length >= mostTransactions) {
      run.stopped = "not tried: too many packages fail on this host"
      break
    }
    const wanted = { ...all, targets: part }
    const isWhole = part === first && first.length === all.targets.length
    const now = isWhole ? undefined : yield* changesNow(installer, run, wanted)
    if (run.stopped !== "") break
    const isPlanned = isWhole || (now !== undefined && isWithin(now, plan))
    const missing = isPlanned ? yield* installPart(installer, run, step, wanted) : part
    const rest = missing.filter(({ name }) => !run.complaints.has(name))
    if (rest.length === 0) continue
    if (rest.length < part.length) parts.push(rest)
    else if (rest.length > 1) {
      const middle = Math.ceil(rest.length / 2)
      parts.push(rest.slice(0, middle), rest.slice(middle))
    } else {
      for (const { name } of rest)
        run.complaints.set(name, "cannot be installed without other changes than planned")
    }
  }
})

const planChanged = (manager: ManagerId): PreflightFault => ({
  code: "plan_changed",
  detail: `${manager} would now do something else than was planned`,
  remedy: "Ask for a new plan and confirm that",
})

const tooLate: PreflightFault = {
  code: "deadline_passed",
  detail: "the deadline passed before anything was started",
  remedy: "Send the command again with a later deadline",
}

/**
 * Carries out exactly this plan. The manager is asked once more what it would do, and nothing is done if that is not
 * the plan. What fails is isolated so that the rest is installed all the same. A transaction at work is never cut
 * off: when the time is up it is reported as still running. Outcomes are read from the package database. Fails with
 * `needs_root`, or when the manager cannot be started or asked at all.
 */
export const applyPlan = Effect.fnUntraced(function* (
  installer: Installer,
  plan: InstallPlan,
  options: ApplyOptions,
): Effect.fn.Return<InstallReport, ManagerError> {
  const { manager, fs, besideLocal } = installer
  if (!installer.isRoot) return yield* needsRoot(manager, "apply")
  const run: Run = {
    evidence: [],
    complaints: new Map(options.missing?.map(({ name, complaint }) => [name, complaint])),
    scriptFailures: new Set(),
    preflight: [],
    stopped: "",
    attempted: options.missing !== undefined && options.missing.length > 0,
    atWork: false,
  }
  const filesBefore = yield* listBesideLocal(fs, besideLocal)
  if (yield* isLate(options)) run.preflight = [tooLate]
  else {
    if (options.repair) yield* installer.repair(runStep(run, options))
    if (run.stopped === "" && plan.installs.length > 0) {
      const now = yield* changesNow(installer, run, wantedOf(plan))
      const isSame = now !== undefined && isWithin(now, plan) && isWithin(plan, now)
      if (isSame) yield* installAll(installer, run, options, plan)
      else if (run.stopped === "") run.preflight = [planChanged(manager)]
    }
  }
  if (!run.atWork) yield* installer.afterwards
  const { packages, faults } = yield* installer.rows
  const failedScripts = [...run.scriptFailures].map((name) => ({
    manager,
    name,
    state: "half_configured" as const,
  }))
  const otherwise = run.stopped || run.preflight.map(({ detail }) => detail).join("; ")
  return {
    dryRun: false,
    plan,
    preflight: run.preflight,
    outcomes: outcomesOf(
      manager,
      plan,
      { packages, faults: [...faults, ...failedScripts] },
      run.attempted,
      run.complaints,
      otherwise.slice(0, 512),
    ),
    newConfigurationFiles: newFiles(filesBefore, yield* listBesideLocal(fs, besideLocal)),
    evidence: run.evidence,
  }
})

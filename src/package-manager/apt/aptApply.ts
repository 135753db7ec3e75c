import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { InstallPlan, InstallReport, PreflightFault } from "../../domain/InstallPlan.ts"
import { ManagerError, type ApplyOptions, type PackageManager } from "../PackageManager.ts"
import { installedPackages } from "./aptCommands.ts"
import { aptFailure, notRun } from "./aptFailure.ts"
import { configurePending, fixBroken, performInstall, wantedOf, type Wanted } from "./aptInstall.ts"
import { readMarks, restoreMarks } from "./aptMarks.ts"
import { bystanders, isInstalled, outcomesOf } from "./aptOutcomes.ts"
import { brokenDependencies } from "./aptPreflight.ts"
import { changesNothingElse, isSamePlan } from "./aptReplay.ts"
import { runTransaction, type Attempt } from "./aptTransaction.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { dpkgFormat, parseDpkgRows } from "./dpkgQuery.ts"
import { listBesideLocal, newFiles } from "./newConfigurationFiles.ts"

export interface ApplyDependencies extends AptReadDependencies {
  readonly isRoot: boolean
}

/** Enough to find three culprits among a thousand packages; a host where more fail has another problem. */
const mostTransactions = 64

/** One run of `apply`: what it has learned so far. */
interface Run {
  readonly evidence: Array<InstallReport["evidence"][number]>
  readonly complaints: Map<string, string>
  /** What stood in the way before anything was changed. */
  preflight: ReadonlyArray<PreflightFault>
  /** Why the rest was not tried. */
  stopped: string
  /** Whether an installation was started. */
  attempted: boolean
  /** Whether something that was started may still be at work. */
  atWork: boolean
}

const readRows = Effect.fnUntraced(function* ({ subprocess }: AptReadDependencies) {
  const result = yield* subprocess.run(installedPackages(dpkgFormat)).pipe(notRun("apply"))
  return result.exitCode === 0 ? parseDpkgRows(result.stdout) : yield* aptFailure("apply", result)
})

const isLate = ({ deadline }: ApplyOptions) =>
  Effect.map(DateTime.now, (now) => deadline !== undefined && DateTime.isLessThanOrEqualTo(deadline, now))

/** Runs one step and keeps what it said. True when later steps may be tried. */
const step = Effect.fnUntraced(function* (
  dependencies: ApplyDependencies,
  run: Run,
  options: ApplyOptions,
  name: string,
  request: typeof configurePending,
) {
  const attempt: Attempt = yield* runTransaction(dependencies, name, request, options.report)
  run.evidence.push(attempt.evidence)
  for (const [subject, complaint] of attempt.complaints) run.complaints.set(subject, complaint)
  if (attempt.ending === "left") {
    run.stopped = attempt.complaint
    run.atWork = true
  }
  if (attempt.ending === "locked") {
    run.stopped = attempt.complaint
    const remedy = "Wait until the other program has finished; never delete the lock file"
    const fault = { code: "locked" as const, detail: attempt.complaint, remedy }
    run.preflight = [attempt.holder === undefined ? fault : { ...fault, holder: attempt.holder }]
  }
  return attempt
})

/** Ends what earlier runs left unfinished. Nothing is removed for it. */
const repair = Effect.fnUntraced(function* (
  dependencies: ApplyDependencies,
  run: Run,
  options: ApplyOptions,
) {
  yield* step(dependencies, run, options, "repair: finish half-configured packages", configurePending)
  if (run.stopped === "" && (yield* brokenDependencies(dependencies)) !== undefined) {
    yield* step(dependencies, run, options, "repair: install missing dependencies", fixBroken)
  }
})

/**
 * Installs one part. Afterwards, bystanders that a failing package kept from being configured are configured: apt
 * stops at the first package that cannot be unpacked. Answers the members that are not installed now.
 */
const installPart = Effect.fnUntraced(function* (
  dependencies: ApplyDependencies,
  run: Run,
  options: ApplyOptions,
  wanted: Wanted,
) {
  const { targets } = wanted
  const [first] = targets
  const name = targets.length === 1 && first !== undefined ? first.name : `${targets.length} packages`
  const attempt = yield* step(dependencies, run, options, `install ${name}`, performInstall(wanted))
  run.attempted ||= attempt.ending !== "locked"
  const missing = Effect.map(readRows(dependencies), (rows) =>
    targets.filter((row) => !isInstalled(rows, row)),
  )
  if (attempt.ending !== "failed") return yield* missing
  if (targets.length === 1 && !run.complaints.has(name)) run.complaints.set(name, attempt.complaint)
  const waiting = bystanders(yield* readRows(dependencies), new Set(run.complaints.keys()))
  if (waiting.length > 0) {
    yield* step(dependencies, run, options, `configure ${waiting.length} bystanders`, configurePending)
  }
  return yield* missing
})

/**
 * Installs all at once, and what is then missing in smaller and smaller parts: without the packages that apt or
 * dpkg named as guilty, else in halves, down to single ones.
 */
const installAll = Effect.fnUntraced(function* (
  dependencies: ApplyDependencies,
  run: Run,
  options: ApplyOptions,
  plan: InstallPlan,
) {
  const all = wantedOf(plan)
  const parts = [all.targets]
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
    const isPart = part !== all.targets
    const missing =
      !isPart || (yield* changesNothingElse(dependencies, wanted, plan))
        ? yield* installPart(dependencies, run, options, wanted)
        : part
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

const planChanged: PreflightFault = {
  code: "plan_changed",
  detail: "apt would now do something else than was planned",
  remedy: "Ask for a new plan and confirm that",
}

const tooLate: PreflightFault = {
  code: "deadline_passed",
  detail: "the deadline passed before anything was started",
  remedy: "Send the command again with a later deadline",
}

/**
 * `PackageManager.apply` for apt: exactly this plan, in one transaction. apt is asked once more what it would do,
 * and nothing is done if that is not the plan. What fails is isolated so that the rest is installed all the same.
 * A dpkg at work is never cut off: when the time is up it is reported as still running. Outcomes are read from
 * dpkg's database. Fails with `needs_root`, or when apt or dpkg cannot be started or asked at all.
 */
export const makeApply = (dependencies: ApplyDependencies): PackageManager["Service"]["apply"] =>
  Effect.fn("AptPackageManager.apply")(function* (plan: InstallPlan, options: ApplyOptions) {
    if (!dependencies.isRoot) {
      const detail = "installing packages needs root"
      return yield* new ManagerError({ manager: "apt", operation: "apply", reason: "needs_root", detail })
    }
    const run: Run = {
      evidence: [],
      complaints: new Map(),
      preflight: [],
      stopped: "",
      attempted: false,
      atWork: false,
    }
    const filesBefore = yield* listBesideLocal(dependencies.fs)
    const marksBefore = yield* readMarks(dependencies)

    if (yield* isLate(options)) run.preflight = [tooLate]
    else {
      if (options.repair) yield* repair(dependencies, run, options)
      if (run.stopped === "" && plan.installs.length > 0) {
        if (yield* isSamePlan(dependencies, plan)) yield* installAll(dependencies, run, options, plan)
        else run.preflight = [planChanged]
      }
    }

    const present = new Set(plan.installs.flatMap(({ name, from }) => (from === undefined ? [] : [name])))
    if (!run.atWork) yield* restoreMarks(dependencies, marksBefore, present)
    const rows = yield* readRows(dependencies)
    const otherwise = run.stopped || run.preflight.map(({ detail }) => detail).join("; ")
    const report: InstallReport = {
      dryRun: false,
      plan,
      preflight: run.preflight,
      outcomes: outcomesOf(plan, rows, run.attempted, run.complaints, otherwise.slice(0, 512)),
      newConfigurationFiles: newFiles(filesBefore, yield* listBesideLocal(dependencies.fs)),
      evidence: run.evidence,
    }
    return report
  })

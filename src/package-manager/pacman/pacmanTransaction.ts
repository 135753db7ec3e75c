import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import type { SubprocessResult } from "../../host/Subprocess.ts"
import { managerLockRetry } from "../../schedules.ts"
import type { Attempt, Perform } from "../applyPlan.ts"
import { evidenceText, plainText } from "../outputText.ts"
import type { ManagerError, ReportProgress } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { runTransaction } from "../runTransaction.ts"
import { watchScripts, type FailedScripts } from "./failedScripts.ts"
import { performUpgrade } from "./pacmanCommands.ts"
import { readLock, staleLock } from "./pacmanLock.ts"
import { complaintOf, isLockRefusal } from "./pacmanMessages.ts"
import { packageComplaints } from "./transactionComplaints.ts"
import { withNewestDatabases } from "./withNewestDatabases.ts"

/** A failed hook is everybody's failure: it belongs to no package, and may be the one that writes the initial ramdisk. */
const scriptComplaints = (plan: InstallPlan, { packages, hooks }: FailedScripts): Attempt["complaints"] =>
  new Map([
    ...(hooks.length === 0 ? [] : plan.installs.map(({ name }) => [name, hooks.join("; ")] as const)),
    ...packages,
  ])

/** Nothing of the plan is done when the whole cannot be: each package that pacman does not name shares the complaint. */
const sharedComplaints = (
  plan: InstallPlan,
  named: ReadonlyMap<string, string>,
  complaint: string,
): Attempt["complaints"] =>
  new Map([...plan.installs, ...plan.removals].map(({ name }) => [name, named.get(name) ?? complaint]))

const judge =
  (plan: InstallPlan, scripts: ReturnType<typeof watchScripts>) =>
  ({ exitCode, stdout }: Pick<SubprocessResult, "exitCode" | "stdout">): Attempt => {
    // pacman 7.1 lets its children trace on stdout.
    const said = { stdout: stdout.replaceAll(/^debug: .*\n/gm, ""), stderr: scripts.said() }
    const evidence = { step: "", exitCode, output: evidenceText(said) }
    if (exitCode === 0) {
      const complaints = scriptComplaints(plan, scripts.failed())
      const scriptFailures = new Set(complaints.keys())
      return { evidence, ending: "succeeded", complaints, scriptFailures, complaint: "" }
    }
    const complaint = complaintOf(said)
    const complaints = sharedComplaints(plan, packageComplaints(said), complaint)
    const ending = isLockRefusal(said.stderr) ? "locked" : "failed"
    return { evidence, ending, complaints, complaint }
  }

/** The attempt that was not made because the database is locked, with the one who holds it. */
const locked = Effect.fnUntraced(function* ({ fs }: ReadDependencies, complaint: string) {
  const lock = yield* readLock(fs, true)
  const words = lock.kind === "stale" ? staleLock.detail : complaint
  const attempt: Attempt = {
    evidence: { step: "", exitCode: -1, output: words },
    ending: "locked",
    complaints: new Map(),
    complaint: words,
    ...(lock.kind === "held" ? { holder: lock.holder } : {}),
  }
  return attempt
})

/** The package that pacman begins to change, from what it says of its progress. */
const progressOf = (line: string) => {
  const [, step = "", name] =
    /^(upgrading|installing|reinstalling|downgrading|removing) (\S+)\.\.\.$/.exec(plainText(line)) ?? []
  return name === undefined ? undefined : { step, package: name }
}

const upgradeOnce = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  plan: InstallPlan,
  removesConflicting: boolean,
  report: ReportProgress,
): Effect.fn.Return<Attempt, ManagerError> {
  const scripts = watchScripts()
  const onLine = (line: string) => {
    const progress = progressOf(line)
    return progress === undefined ? Effect.void : report(progress)
  }
  const onErrorLine = (line: string) => Effect.sync(() => scripts.onErrorLine(line))
  const request = { ...performUpgrade(removesConflicting), onLine, onErrorLine }
  const attempt = yield* runTransaction("pacman", dependencies.subprocess, request, judge(plan, scripts))
  return attempt.ending === "locked" ? yield* locked(dependencies, attempt.complaint) : attempt
})

/** Upgrades everything, waiting for the lock as long as `managerLockTimeout` unless nobody holds it. */
export const performWholeUpgrade =
  (dependencies: ReadDependencies, plan: InstallPlan, removesConflicting: boolean): Perform =>
  (report) =>
    withNewestDatabases(
      dependencies,
      upgradeOnce(dependencies, plan, removesConflicting, report),
      (complaint) => locked(dependencies, complaint),
    ).pipe(
      Effect.repeat({
        schedule: managerLockRetry,
        while: ({ ending, complaint }) => ending === "locked" && complaint !== staleLock.detail,
      }),
    )

import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import type { SubprocessResult } from "../../host/Subprocess.ts"
import { managerLockRetry } from "../../schedules.ts"
import type { Attempt, Perform } from "../applyPlan.ts"
import { evidenceText } from "../outputText.ts"
import type { ManagerError, ReportProgress } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { runTransaction } from "../runTransaction.ts"
import { begunPackage, watchScripts } from "./failedScripts.ts"
import { pacmanPaths, performUpgrade } from "./pacmanCommands.ts"
import { readLock, staleLock } from "./pacmanLock.ts"
import { complaintOf, isLockRefusal } from "./pacmanMessages.ts"
import { packageComplaints } from "./transactionComplaints.ts"
import { withNewestDatabases } from "./withNewestDatabases.ts"

const judge = (result: SubprocessResult): Attempt => {
  const { exitCode } = result
  const isLocked = exitCode !== 0 && isLockRefusal(result.stderr)
  return {
    evidence: { step: "", exitCode, output: evidenceText(result) },
    ending: exitCode === 0 ? "succeeded" : isLocked ? "locked" : "failed",
    complaints: packageComplaints(result),
    complaint: exitCode === 0 ? "" : complaintOf(result),
  }
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

/** Names of those entries of the package database that bring scripts of their own. */
const withScriptlets = Effect.fnUntraced(function* (
  { fs }: ReadDependencies,
  entries: ReadonlyArray<{ readonly name: string; readonly version: string | undefined }>,
) {
  const found = yield* Effect.filter(entries, ({ name, version }) =>
    Effect.orElseSucceed(fs.exists(`${pacmanPaths.local}/${name}-${version}/install`), () => false),
  )
  return found.map(({ name }) => name)
})

/** Nothing of the plan is done when the whole cannot be: each package that pacman did not name shares the complaint. */
const forAll = ({ complaints, complaint }: Attempt, plan: InstallPlan): Attempt["complaints"] =>
  new Map([...plan.installs, ...plan.removals].map(({ name }) => [name, complaints.get(name) ?? complaint]))

const upgradeOnce = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  plan: InstallPlan,
  removesConflicting: boolean,
  report: ReportProgress,
): Effect.fn.Return<Attempt, ManagerError> {
  const going = yield* withScriptlets(
    dependencies,
    plan.removals.map(({ name, from }) => ({ name, version: from })),
  )
  const scripts = watchScripts()
  const onLine = (line: string) => {
    scripts.onLine(line)
    const begun = begunPackage(line)
    return begun === undefined ? Effect.void : report({ step: begun.step, package: begun.name })
  }
  const onErrorLine = (line: string) => Effect.sync(() => scripts.onErrorLine(line))
  const request = { ...performUpgrade(removesConflicting), onLine, onErrorLine }
  const attempt = yield* runTransaction("pacman", dependencies.subprocess, request, judge)
  if (attempt.ending === "locked") return yield* locked(dependencies, attempt.complaint)
  if (attempt.ending !== "succeeded") return { ...attempt, complaints: forAll(attempt, plan) }

  const come = yield* withScriptlets(
    dependencies,
    plan.installs.map(({ name, to }) => ({ name, version: to })),
  )
  const scripted = new Set([...going, ...come])
  const { packages, hooks } = scripts.failed((name) => scripted.has(name))
  const complaints = new Map([
    ...(hooks.length === 0 ? [] : plan.installs.map(({ name }) => [name, hooks.join("; ")] as const)),
    ...packages,
  ])
  return { ...attempt, complaints, scriptFailures: new Set(complaints.keys()) }
})

/**
 * Upgrades everything, waiting for the lock as long as `managerLockTimeout` where somebody holds it. A failed scriptlet is
 * its package's failure; a failed hook is everybody's, since a hook belongs to no package and may be the one that writes
 * the initial ramdisk.
 */
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
        while: ({ ending, holder }) => ending === "locked" && holder !== undefined,
      }),
    )

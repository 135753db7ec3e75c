import * as Effect from "effect/Effect"
import type { LockHolder } from "../../domain/Host.ts"
import type { SubprocessRequest, SubprocessResult } from "../../host/Subprocess.ts"
import { managerLockRetry } from "../../schedules.ts"
import type { Attempt, Perform } from "../applyPlan.ts"
import { evidenceText } from "../outputText.ts"
import { lockedBy } from "../preflight.ts"
import { runTransaction } from "../runTransaction.ts"
import { listenForComplaints, type Complaints } from "./dnfComplaints.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import { dnfLockHolders, gaveUpAtLock, lockedExitCode } from "./dnfLocks.ts"
import { progressOf } from "./dnfProgress.ts"
import { complaintOf } from "./dnfRefusal.ts"

/** rpm's own lock is not dnf's: who holds it ends the run instead of making it wait. dnf5 does not say why it failed. */
const isLocked = (result: SubprocessResult) =>
  gaveUpAtLock(result) || (result.exitCode !== 0 && /can't create transaction lock on/.test(result.stderr))

/** Without the columns of tables, which would be most of what is kept. */
const narrow = (text: string) => text.replaceAll(/ {3,}/g, "  ")

const judge =
  ({ complaints, scriptFailures }: Complaints) =>
  (result: SubprocessResult): Attempt => {
    const { exitCode, stdout, stderr } = result
    return {
      evidence: {
        step: "",
        exitCode,
        output: evidenceText({ stdout: narrow(stdout), stderr: narrow(stderr) }),
      },
      ending: exitCode === 0 ? "succeeded" : isLocked(result) ? "locked" : "failed",
      complaints,
      scriptFailures,
      complaint: exitCode === 0 ? "" : complaintOf(result),
    }
  }

const notStarted = (holder: LockHolder): Attempt => {
  const complaint = lockedBy(holder).detail
  return {
    evidence: { step: "", exitCode: lockedExitCode, output: `not started: ${complaint}` },
    ending: "locked",
    holder,
    complaints: new Map(),
    complaint,
  }
}

/**
 * Runs one command that changes the system, telling its progress. Who is at work is looked at first and waited for as
 * long as `managerLockTimeout`: dnf5 would wait for ever, and none of the dialects waits for rpm's own lock.
 */
export const performDnf =
  ({ subprocess, fs }: DnfReadDependencies, request: SubprocessRequest): Perform =>
  (report) => {
    const once = Effect.gen(function* () {
      const [before] = yield* dnfLockHolders(fs)
      if (before !== undefined) return notStarted(before)
      const { hear, ...complaints } = listenForComplaints()
      let last = ""
      const onLine = Effect.fnUntraced(function* (line: string) {
        hear(line)
        const progress = progressOf(line)
        if (progress === undefined) return
        const key = `${progress.step} ${progress.package ?? ""} ${progress.percent ?? ""}`
        if (key === last) return
        last = key
        yield* report(progress)
      })
      const attempt = yield* runTransaction(
        "dnf",
        subprocess,
        { ...request, onLine, onErrorLine: onLine },
        judge(complaints),
      )
      const [holder] = attempt.ending === "locked" ? yield* dnfLockHolders(fs) : []
      return holder === undefined ? attempt : { ...attempt, holder }
    })
    return Effect.repeat(once, { schedule: managerLockRetry, while: ({ ending }) => ending === "locked" })
  }

import * as Effect from "effect/Effect"
import type { InstallReport } from "../../domain/InstallPlan.ts"
import type { LockHolder } from "../../domain/Host.ts"
import type { SubprocessRequest, SubprocessResult } from "../../host/Subprocess.ts"
import { managerLockRetry } from "../../schedules.ts"
import { ManagerError, type ReportProgress } from "../PackageManager.ts"
import { notRun } from "./aptFailure.ts"
import { complaintOf, endOf, errorsOf, lockRefusal, shortened } from "./aptMessages.ts"
import { statusLine } from "./aptStatusFd.ts"
import { unquote } from "./aptUris.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

/** What one run of apt-get or dpkg came to, apart from what it did to the system: that is for the database to say. */
export interface Attempt {
  readonly evidence: InstallReport["evidence"][number]
  /** `left`: it did not end, or its end is unknown, and something of it may still be at work. */
  readonly ending: "succeeded" | "failed" | "locked" | "left"
  readonly holder?: LockHolder
  /** What apt and dpkg say of single packages, by name without architecture. */
  readonly complaints: ReadonlyMap<string, string>
  /** The complaint about the run as a whole; empty when there is none. */
  readonly complaint: string
}

const outputLimit = 4096

/** The end of what was said: dpkg and its scripts speak on stdout, apt on stderr. */
const evidenceText = ({ stdout, stderr }: SubprocessResult): string => {
  const errors = endOf(stderr, outputLimit / 2)
  const rest = outputLimit - errors.length - 1
  return `${endOf(stdout, rest)}\n${errors}`.trim()
}

const withoutArchitecture = (name: string) => name.replace(/:[a-z0-9-]+$/, "")

/** `Failed to fetch URI  REASON`: the archive names the package. */
const failedDownloads = (stderr: string): ReadonlyArray<readonly [string, string]> =>
  errorsOf(stderr).flatMap((error) => {
    const [, name, reason = ""] = /^Failed to fetch \S*\/([^/_\s]+)_[^/\s]*\.deb +(.*)$/.exec(error) ?? []
    return name === undefined ? [] : [[unquote(name), shortened(`cannot be downloaded: ${reason}`)] as const]
  })

/** The archives lock is the one that apt does not wait for by itself. */
const waitsForArchives = (attempt: Attempt) =>
  attempt.ending === "locked" && attempt.holder?.lock.startsWith("/var/cache/apt/") === true

const runOnce = Effect.fnUntraced(function* (
  { subprocess }: AptReadDependencies,
  step: string,
  request: SubprocessRequest,
  report: ReportProgress,
): Effect.fn.Return<Attempt, ManagerError> {
  const complaints = new Map<string, string>()
  let last = ""
  const onStatusLine = Effect.fnUntraced(function* (line: string) {
    const status = statusLine(line)
    if (status?.kind === "error") complaints.set(withoutArchitecture(status.package), status.message)
    if (status?.kind !== "progress") return
    const { kind: _, ...progress } = status
    // apt says the same several times over while it waits for a server.
    const key = `${progress.step} ${progress.package ?? ""} ${Math.round(progress.percent ?? 0)}`
    if (key === last) return
    last = key
    yield* report(progress)
  })
  const result = yield* subprocess.run({ ...request, onStatusLine }).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "timed_out" || reason === "killed",
      (error) => Effect.succeed(error),
    ),
    notRun("apply"),
  )
  if (!("exitCode" in result)) {
    const fate =
      result.reason === "timed_out"
        ? "was left running, since cutting it off would do damage"
        : "what it started may still run"
    const complaint = `${result.message}; ${fate}`
    return { evidence: { step, exitCode: -1, output: complaint }, ending: "left", complaints, complaint }
  }
  for (const [name, message] of failedDownloads(result.stderr)) complaints.set(name, message)
  const { exitCode } = result
  const holder = exitCode === 0 ? undefined : lockRefusal(result.stderr)
  return {
    evidence: { step, exitCode, output: evidenceText(result) },
    ending: exitCode === 0 ? "succeeded" : holder === undefined ? "failed" : "locked",
    ...(holder === undefined ? {} : { holder }),
    complaints,
    complaint: exitCode === 0 ? "" : complaintOf(result),
  }
})

/**
 * Runs one command that changes the system, telling its progress. Waits for locks as long as `managerLockTimeout`:
 * apt by itself for dpkg's, we for the one on the archives. Fails only where the program cannot be started.
 */
export const runTransaction = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  step: string,
  request: SubprocessRequest,
  report: ReportProgress,
) {
  return yield* runOnce(dependencies, step, request, report).pipe(
    Effect.repeat({ schedule: managerLockRetry, while: waitsForArchives }),
  )
})

import * as Effect from "effect/Effect"
import type { SubprocessRequest, SubprocessResult } from "../../host/Subprocess.ts"
import { managerLockRetry } from "../../schedules.ts"
import type { Attempt, Perform } from "../applyPlan.ts"
import { evidenceText, shortened } from "../outputText.ts"
import { runTransaction } from "../runTransaction.ts"
import { complaintOf, errorsOf, lockRefusal } from "./aptMessages.ts"
import { statusLine } from "./aptStatusFd.ts"
import { unquote } from "./aptUris.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

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

const judge =
  (complaints: ReadonlyMap<string, string>) =>
  (result: SubprocessResult): Attempt => {
    const { exitCode } = result
    const holder = exitCode === 0 ? undefined : lockRefusal(result.stderr)
    return {
      evidence: { step: "", exitCode, output: evidenceText(result) },
      ending: exitCode === 0 ? "succeeded" : holder === undefined ? "failed" : "locked",
      ...(holder === undefined ? {} : { holder }),
      complaints: new Map([...complaints, ...failedDownloads(result.stderr)]),
      complaint: exitCode === 0 ? "" : complaintOf(result),
    }
  }

/**
 * Runs one command of apt or dpkg that changes the system, telling its progress. Waits for locks as long as
 * `managerLockTimeout`: apt by itself for dpkg's, we for the one on the archives.
 */
export const performApt =
  ({ subprocess }: AptReadDependencies, request: SubprocessRequest): Perform =>
  (report) => {
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
    return runTransaction("apt", subprocess, { ...request, onStatusLine }, judge(complaints)).pipe(
      Effect.repeat({ schedule: managerLockRetry, while: waitsForArchives }),
    )
  }

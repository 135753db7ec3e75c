import type { LockHolder } from "../../domain/Host.ts"
import { lastWords, plainText, shortened } from "../outputText.ts"

/** apt's errors: the lines it starts with `E: `, with the indented lines that follow. */
export const errorsOf = (stderr: string): ReadonlyArray<string> =>
  [...plainText(stderr).matchAll(/^E: (.*(?:\n[ \t]+.*)*)/gm)].map(([, text = ""]) =>
    text.replaceAll(/\s+/g, " ").trim(),
  )

/** What went wrong in one line: apt's own errors, else the end of stderr, else of stdout. */
export const complaintOf = (result: { readonly stdout: string; readonly stderr: string }): string => {
  const errors = errorsOf(result.stderr)
  return errors.length > 0 ? shortened(errors.join(" ")) : lastWords(result)
}

const holder = (lock: string, pid: string | undefined, program: string | undefined): LockHolder => ({
  lock,
  ...(pid === undefined ? {} : { pid: Number(pid) }),
  ...(program === undefined ? {} : { program }),
})

/**
 * Who holds the lock that apt or dpkg could not get, when that is what they say. apt 2.2 to 3.3: `Could not get
 * lock FILE. It is held by process PID (NAME)`; dpkg: `dpkg frontend lock was locked by another process with pid
 * PID`, since 1.22 `... locked by /usr/bin/NAME process with pid PID`. Only as an error: while it waits, apt says
 * much the same.
 */
export const lockRefusal = (stderr: string): LockHolder | undefined => {
  const text = plainText(stderr)
  const apt =
    /^E: Could not get lock (\S+?)(?:\. It is held by process (\d+)(?: \(([^)]*)\))?|[.,]?(?: |$))/m.exec(
      text,
    )
  if (apt?.[1] !== undefined) return holder(apt[1], apt[2], apt[3])
  const dpkg =
    /^dpkg: error: dpkg (frontend lock|database(?: lock)?) (?:was|is) locked by (?:another|(\S+)) process(?: with pid (\d+))?/m.exec(
      text,
    )
  if (dpkg === null) return undefined
  const lock = dpkg[1] === "frontend lock" ? "/var/lib/dpkg/lock-frontend" : "/var/lib/dpkg/lock"
  return holder(lock, dpkg[3], dpkg[2]?.replace(/^.*\//, ""))
}

/** apt was refused a lock file for lack of permission, not because somebody holds it. */
export const wantsRoot = (stderr: string): boolean =>
  /\(13: Permission denied\)|are you root\?|requires superuser privilege/.test(stderr)

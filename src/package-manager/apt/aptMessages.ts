import type { LockHolder } from "../../domain/Host.ts"

/** Terminal escape sequences (ECMA-48 CSI and OSC), which maintainer scripts print even without a terminal. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/g

/** The text as it may be logged and shown: of a line that was overwritten with `\r`, the last writing. */
export const plainText = (text: string): string =>
  text
    .replaceAll(escapes, "")
    .replaceAll(/\r+\n/g, "\n")
    .replaceAll(/^.*\r(?!$)/gm, "")
    .replaceAll(control, "")

/** The beginning of a text, at most `limit` UTF-16 units, an ellipsis showing a cut. */
export const shortened = (text: string, limit = 512): string =>
  text.length <= limit ? text : `${text.slice(0, limit - 1)}…`

/** The end of what a program said, where its reasons are. */
export const endOf = (text: string, limit: number): string => {
  const plain = plainText(text).trim()
  return plain.length <= limit ? plain : `…${plain.slice(1 - limit)}`
}

/** apt's errors: the lines it starts with `E: `, with the indented lines that follow. */
export const errorsOf = (stderr: string): ReadonlyArray<string> =>
  [...plainText(stderr).matchAll(/^E: (.*(?:\n[ \t]+.*)*)/gm)].map(([, text = ""]) =>
    text.replaceAll(/\s+/g, " ").trim(),
  )

/** What went wrong in one line: apt's own errors, else the end of stderr, else of stdout. */
export const complaintOf = (result: { readonly stdout: string; readonly stderr: string }): string => {
  const errors = errorsOf(result.stderr)
  if (errors.length > 0) return shortened(errors.join(" "))
  return endOf(result.stderr.trim() === "" ? result.stdout : result.stderr, 512).replaceAll(/\s+/g, " ")
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

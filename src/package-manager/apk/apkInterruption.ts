import { outputLines } from "../outputLines.ts"

/** A package whose upgrade was cut off. */
export interface Interrupted {
  readonly name: string
  readonly version?: string
}

/** `NAME-VERSION` as in names of files and in messages; an Alpine version ends with its revision `-rN`. */
export const splitPackage = (
  text: string,
): { readonly name: string; readonly version: string } | undefined => {
  const [, name, version] = /^(.+)-([^-]+-r\d+)$/.exec(text) ?? /^(.+)-([^-]+)$/.exec(text) ?? []
  return name === undefined || version === undefined ? undefined : { name, version }
}

/** Reads the name of a script in `/lib/apk/exec`: `NAME-VERSION.post-upgrade`. */
export const leftScript = (file: string): Interrupted | undefined =>
  splitPackage(/^(.+)\.(?:(?:pre|post)-(?:install|upgrade|deinstall)|trigger)$/.exec(file)?.[1] ?? "")

/**
 * Reads the end of apk 3's log, where each run begins with ``Running `…` at …`` and one that changes anything ends with
 * a summary: the package at which the last of these broke off.
 */
export const interruptedStep = (log: string): Interrupted | undefined => {
  let found: Interrupted | undefined
  let isOfThisRun = false
  for (const line of outputLines(log)) {
    if (line.startsWith("Running `")) isOfThisRun = false
    if (isOfThisRun && /^(?:OK:|\d+ errors?;) /.test(line)) found = undefined
    const [, name, version] = /^\( *\d+\/\d+\) .*? ([^\s@]+)(?:@\S+)? \((?:\S+ -> )?(\S+)\)$/.exec(line) ?? []
    if (name === undefined || version === undefined) continue
    found = { name, version }
    isOfThisRun = true
  }
  return found
}

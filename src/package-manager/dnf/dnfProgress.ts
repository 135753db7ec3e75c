import { plainText } from "../outputText.ts"
import { parseNevra } from "../rpm/nevra.ts"

export interface Progress {
  readonly step: "download" | "install" | "remove" | "script" | "verify" | "other"
  readonly package?: string
  readonly percent?: number
}

const steps: Readonly<Record<string, Progress["step"]>> = {
  Installing: "install",
  Upgrading: "install",
  Updating: "install",
  Reinstalling: "install",
  Downgrading: "install",
  Cleanup: "remove",
  Erasing: "remove",
  Removing: "remove",
  Obsoleting: "remove",
  Verifying: "verify",
  Verify: "verify",
}

/** A name that was cut to fit its column is no name. */
const packageOf = (subject: string) => {
  const name = parseNevra(subject)?.name
  return name === undefined ? {} : { package: name }
}

const percentOf = (done: string, all: string) =>
  Number(all) === 0 ? {} : { percent: Math.min(100, Math.round((Number(done) / Number(all)) * 1000) / 10) }

/**
 * Reads a line of progress: dnf4's and yum's `  Upgrading  : NEVRA   3/6`, dnf5's `[3/6] Upgrading NEVRA 100% | …` and,
 * where a file is downloaded, `[1/2] NEVRA 100% | …`. `undefined` for anything else.
 */
export const progressOf = (line: string): Progress | undefined => {
  const text = plainText(line)
  const [, script, old = "", subject, done, all] =
    /^ +(?:(Running scriptlet)|([A-Z][a-z]+)) *: (\S*) +(\d+)\/(\d+) *$/.exec(text) ?? []
  if (subject !== undefined && done !== undefined && all !== undefined) {
    const step = script === undefined ? (steps[old] ?? "other") : "script"
    return { step, ...packageOf(subject), ...percentOf(done, all) }
  }
  const [, at, of, verb, what = ""] =
    /^\[ *(\d+)\/(\d+)\] (?:([A-Z][a-z]+) )?(\S.*?) +[\d?]+% \|/.exec(text) ?? []
  if (at === undefined || of === undefined) return undefined
  const step = verb === undefined ? ("download" as const) : (steps[verb] ?? "other")
  return { step, ...packageOf(what), ...percentOf(at, of) }
}

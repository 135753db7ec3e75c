import { shortened } from "../outputText.ts"

/**
 * One line of machine-readable progress. `package` is as apt and dpkg print it, with `:arch` for a foreign one, and
 * with dpkg's for every one that may be installed for several architectures.
 */
export type StatusLine =
  | {
      readonly kind: "progress"
      readonly step: "download" | "unpack" | "configure" | "remove" | "trigger" | "other"
      readonly package?: string
      readonly percent?: number
    }
  | { readonly kind: "error"; readonly package: string; readonly message: string }

const steps = [
  ["unpack", /^(?:Preparing|Unpacking|Installing) /],
  ["configure", /^(?:Preparing to configure|Configuring|Installed) /],
  [
    "remove",
    /^(?:Preparing for removal of|Removing|Removed|Preparing to completely remove|Completely remov)/,
  ],
  ["trigger", /^Running post-installation trigger/],
] as const

const stepOf = (text: string) =>
  // "Preparing to configure" also matches "Preparing": the last step that fits is the right one.
  steps.findLast(([, pattern]) => pattern.test(text))?.[0] ?? "other"

/** `NAME`, or the archive dpkg could not unpack: `/var/cache/apt/archives/NAME_VERSION_ARCH.deb`. */
const packageOf = (subject: string) => subject.replace(/^.*\//, "").replace(/_.*\.deb$/, "")

/** `dpkg --status-fd`, dpkg(1): `processing: STAGE: PACKAGE` and `status: PACKAGE : error : TEXT`. */
const dpkgLine = (line: string): StatusLine | undefined => {
  const [, name, message] = /^status: (\S+?) ?: error : (.*)$/.exec(line) ?? []
  if (name !== undefined && message !== undefined) {
    return { kind: "error", package: packageOf(name), message: shortened(message) }
  }
  const [, stage, subject] = /^processing: (\w+): (\S+)$/.exec(line) ?? []
  if (stage === undefined || subject === undefined) return undefined
  return {
    kind: "progress",
    step: stage === "configure" ? "configure" : "other",
    package: packageOf(subject),
  }
}

/**
 * Reads one line that `dpkg --status-fd` or apt write. apt's (its `progress-reporting.md`) are
 * `KIND:SUBJECT:PERCENT:TEXT`, where the subject may hold a colon (`libc6:i386`). `undefined` for anything else.
 */
export const statusLine = (line: string): StatusLine | undefined => {
  const match = /^(dlstatus|pmstatus|pmerror):(.+?):(\d+(?:\.\d+)?):(.*)$/.exec(line)
  if (match === null) return dpkgLine(line)
  const [, kind, subject = "", amount, text = ""] = match
  const percent = Math.min(100, Math.round(Number(amount) * 10) / 10)
  if (kind === "dlstatus") return { kind: "progress", step: "download", percent }
  if (kind === "pmerror") return { kind: "error", package: packageOf(subject), message: shortened(text) }
  if (subject === "dpkg-exec") return { kind: "progress", step: "other", percent }
  return { kind: "progress", step: stepOf(text), package: packageOf(subject), percent }
}

import { plainText, shortened } from "../outputText.ts"
import { parseNevra } from "../rpm/nevra.ts"

/** What rpm, dnf and yum said of single packages during one run. */
export interface Complaints {
  /** By name without architecture; the first one, which is the cause of the others. */
  readonly complaints: ReadonlyMap<string, string>
  /** Packages whose files are in place although a script of theirs failed. rpm keeps no record of it. */
  readonly scriptFailures: ReadonlySet<string>
}

/** Scripts that run before the files of their package are put in place; when one fails they are not. */
const beforeFiles = new Set(["pre", "prein", "pretrans", "preun", "preuntrans"])

/** rpm's words, which dnf4 and yum pass on after `warning:` or `error:`, and dnf5 after `[RPM]`. */
const failedScript = /%(\w+)\((\S+)\) scriptlet failed, (.+)$/
const failedPackage = /^(\S+): (?:install|erase) (?:failed|skipped)$/
const rpmError = /^(?:>>> \[RPM\]|error:|RPM: error:) (.+)$/

/**
 * Lines that name a package, and say what is wrong with it; `lead` makes a sentence of what they say. Not those about
 * disk space: rpm adds up, so that what comes after a large package is blamed too.
 */
const accusations: ReadonlyArray<{ readonly pattern: RegExp; readonly lead?: string }> = [
  // rpm's test of the transaction, before anything is changed
  { pattern: /^[ -]*(?<what>file \S+ from install of (?<package>\S+) conflicts with .+)$/ },
  { pattern: /^[ -]*(?<what>file \S+ conflicts between attempted installs of (?<package>\S+) and .+)$/ },
  // signatures: dnf4 and yum name the file, dnf5 the package
  { pattern: /^(?<what>Package (?<package>\S+)\.rpm is not (?:signed|trusted).*)$/ },
  { pattern: /^(?<what>Problem opening package (?<package>\S+)\.rpm.*)$/ },
  { pattern: /^(?<what>Public key for (?<package>\S+)\.rpm is not installed.*)$/ },
  {
    pattern: /^OpenPGP check for package "(?<package>\S+)" .*has failed: (?<what>.+)$/,
    lead: "its signature is not accepted: ",
  },
  // downloads
  {
    pattern: /Cannot download (?:\S*\/)?(?<package>\S+)\.rpm: (?<what>.+)$/,
    lead: "cannot be downloaded: ",
  },
  { pattern: /^\[FAILED\] (?:\S*\/)?(?<package>\S+)\.rpm: (?<what>.+)$/, lead: "cannot be downloaded: " },
  { pattern: /^ *(?<package>\S+): (?<what>\[Errno 256\] .+)$/, lead: "cannot be downloaded: " },
  {
    pattern: /^Package "(?<package>\S+)" from local repository "\S+" has (?<what>incorrect checksum)/,
    lead: "cannot be downloaded: ",
  },
]

const nameOf = (subject: string | undefined) => parseNevra(subject ?? "")?.name

/** Listens to the lines of a run, of both streams, for what they say of single packages. */
export const listenForComplaints = (): Complaints & { readonly hear: (line: string) => void } => {
  const complaints = new Map<string, string>()
  const scriptFailures = new Set<string>()
  let lastError = ""

  const accuse = (name: string | undefined, what: string) => {
    if (name !== undefined && !complaints.has(name)) complaints.set(name, shortened(what))
  }

  const hear = (text: string): void => {
    const line = plainText(text).trimEnd()
    const [, script = "", owner, how = ""] = failedScript.exec(line) ?? []
    if (owner !== undefined) {
      const name = nameOf(owner)
      accuse(name, `its %${script} script failed: ${how}`)
      if (name !== undefined && !beforeFiles.has(script)) scriptFailures.add(name)
      return
    }
    const error = rpmError.exec(line)?.[1]
    if (error !== undefined) {
      const subject = failedPackage.exec(error)?.[1]
      if (subject === undefined) lastError = error
      else accuse(nameOf(subject), lastError === "" ? error : lastError)
      return
    }
    for (const { pattern, lead = "" } of accusations) {
      const found = pattern.exec(line)?.groups
      if (found === undefined) continue
      accuse(nameOf(found["package"]), `${lead}${found["what"]}`)
      return
    }
  }
  return { complaints, scriptFailures, hear }
}

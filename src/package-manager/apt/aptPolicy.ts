import { outputLines } from "../outputLines.ts"

/** One place that offers a version. */
interface PolicySource {
  readonly priority: number
  /** apt's description of the index, such as `http://deb.example.org/debian bookworm/main amd64 Packages`. */
  readonly index: string
}

export interface PolicyVersion {
  readonly version: string
  /** The sources' highest priority, or what a pin says instead. */
  readonly priority: number
  /** The share of hosts an update is rolled out to, in percent, while it is below 100. */
  readonly phasedPercent?: number
  /** The one that is installed. A version may be listed twice when the archive's build differs from it. */
  readonly installed: boolean
  readonly sources: ReadonlyArray<PolicySource>
}

export interface PackagePolicy {
  /** As apt prints it: with `:ARCH` for a foreign architecture only. */
  readonly name: string
  readonly installed?: string
  readonly candidate?: string
  /** Newest first. */
  readonly versions: ReadonlyArray<PolicyVersion>
}

interface Policies {
  readonly packages: ReadonlyArray<PackagePolicy>
  /** Lines that fit nowhere. */
  readonly notUnderstood: number
}

interface OpenPolicy {
  name: string
  installed?: string
  candidate?: string
  versions: Array<PolicyVersion & { sources: Array<PolicySource> }>
}

/** The description of dpkg's own database, which is no source of updates. */
export const installedIndex = "/var/lib/dpkg/status"

const header = /^([^\s:]+(?::[a-z0-9-]+)?):$/
const chosen = /^ {2}(Installed|Candidate): (\S+)$/
const version = /^ (\*\*\*|   ) (\S+) (-?\d+)(?: \(phased (\d+)%\))?$/
const source = /^ {7} *(-?\d+) (\S.*)$/

/** Takes one line into the package that is being read. False when it fits nowhere. */
const takeLine = (open: OpenPolicy, line: string): boolean => {
  if (line === "  Version table:") return true
  const found = source.exec(line)
  if (found !== null) {
    const [, priority, index = ""] = found
    open.versions.at(-1)?.sources.push({ priority: Number(priority), index })
    return open.versions.length > 0
  }
  const [, mark, text, priority, phased] = version.exec(line) ?? []
  if (text !== undefined) {
    open.versions.push({
      version: text,
      priority: Number(priority),
      ...(phased === undefined ? {} : { phasedPercent: Number(phased) }),
      installed: mark === "***",
      sources: [],
    })
    return true
  }
  const [, which, value] = chosen.exec(line) ?? []
  if (value === undefined) return false
  if (value !== "(none)") {
    if (which === "Installed") open.installed = value
    else open.candidate = value
  }
  return true
}

/**
 * Reads `apt-cache policy NAME…` in the C locale. Packages that apt does not know are not printed; one that others
 * only provide or name has an empty version table. (private-show.cc in apt's source; the same text in 2.2 to 3.0.)
 */
export const parsePolicies = (stdout: string): Policies => {
  const packages: Array<PackagePolicy> = []
  let notUnderstood = 0
  let open: OpenPolicy | undefined
  for (const line of outputLines(stdout)) {
    const name = header.exec(line)?.[1]
    if (name !== undefined) {
      open = { name, versions: [] }
      packages.push(open)
    } else if (open === undefined || !takeLine(open, line)) {
      notUnderstood += 1
    }
  }
  return { packages, notUnderstood }
}

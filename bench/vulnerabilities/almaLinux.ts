import { anyOf, type Numbers, turn } from "./numbers.ts"

// The shape of AlmaLinux 9's advisories of August 2026, as this project compiles them:
//
//   1,776 advisories, naming 4,145 CVEs 6,250 times: 1 each at the 25th percentile, 2 at the 50th, 4 at the 75th, 7 at the
//   90th, 111 at most; 2 to 178 packages each at the 25th to the 99th percentile, 12.9 in the mean
//   2,931 packages of 356 sources, names of 16 characters; 7.8 advisories each in the mean, 1 at the 25th percentile, 3 at
//   the 50th, 9 at the 75th, 15 at the 90th, 107 for the kernel's; lines of 231 bytes
//   22,904 pairs of package and advisory, 1,617 of them in module streams, 5,098 with an epoch; fixes of 20 characters
//   titles of 38 characters; 923 important, 775 moderate, 65 low, 13 critical
//   no scores and no vectors: of the CVEs only those in KEV have facts, 32 of 4,145
//   867,314 bytes, 55,536 of them compressed

/** Sources that are alike. Lists are gone through in turns. */
interface Kind {
  /** How many there are among 1,800 advisories. */
  readonly sources: number
  readonly advisories: readonly [number, ...ReadonlyArray<number>]
  readonly binaries: readonly [number, ...ReadonlyArray<number>]
  /** Of each advisory. */
  readonly cves: readonly [number, ...ReadonlyArray<number>]
  /** Of every so many one is a module with two streams. */
  readonly moduleEvery?: number
}

export const kinds: ReadonlyArray<Kind> = [
  // the kernel
  { sources: 1, advisories: [120], binaries: [74], cves: [1, 2, 3, 4, 5, 6, 8, 13, 35] },
  // Firefox and Thunderbird
  { sources: 2, advisories: [60], binaries: [2, 1], cves: [4, 7, 9, 11, 15] },
  // .NET
  { sources: 1, advisories: [60], binaries: [13], cves: [1, 2, 3, 4] },
  // Node.js, WebKit, PostgreSQL, podman
  { sources: 4, advisories: [39], binaries: [12, 4, 20, 2], cves: [2, 3, 5, 8], moduleEvery: 2 },
  { sources: 19, advisories: [20], binaries: [2, 5, 8, 13, 26], cves: [1, 2, 3, 4, 6], moduleEvery: 6 },
  { sources: 35, advisories: [11], binaries: [1, 2, 5, 16, 70], cves: [1, 1, 2, 3, 4, 14], moduleEvery: 12 },
  { sources: 45, advisories: [5], binaries: [1, 2, 3, 6, 22], cves: [1, 1, 2, 3] },
  { sources: 86, advisories: [2, 3, 2, 2, 3], binaries: [1, 1, 3, 5, 19], cves: [1, 1, 1, 3] },
  // as many as are still lacking
  { sources: Number.POSITIVE_INFINITY, advisories: [1], binaries: [1, 1, 2, 4, 33], cves: [1, 1, 1, 2] },
]

const syllables = [
  "lib",
  "gst",
  "perl",
  "net",
  "core",
  "qt",
  "ssl",
  "xml",
  "py",
  "rust",
  "web",
  "sys",
] as const
const suffixes = [
  "",
  "-libs",
  "-devel",
  "-tools",
  "-common",
  "-doc",
  "-debug",
  "-server",
  "-debug-devel",
  "-modules-extra",
  "-langpack-en",
  "-headless",
  "-client",
] as const

export const sourceName = (below: Numbers, at: number): string =>
  `${anyOf(below, syllables)}${anyOf(below, syllables)}${at}`

export const binaryName = (source: string, at: number): string =>
  `${source}${turn(suffixes, at)}${at < suffixes.length ? "" : Math.floor(at / suffixes.length)}`

/** How a source numbers its builds. */
export type Scheme = "release" | "upstream" | "module"

/** Hexadecimal, as the hash that a build of a module ends in. */
const hash = (below: Numbers) => (0x1000_0000 + below(0x6fff_ffff)).toString(16)

/** The versions of a source, ascending but for a few: fixes for an older minor release come out in between. */
export const versions = (below: Numbers, scheme: Scheme, count: number): ReadonlyArray<string> => {
  const epoch = below(9) < 2 ? "1:" : ""
  const major = 1 + below(9)
  const release = 1 + below(400)
  const all = Array.from({ length: count }, (_, at) => {
    const minor = Math.floor((at / count) * 9)
    switch (scheme) {
      case "release":
        return `${epoch}${major}.14.0-${release + at * 3}.${below(60)}.1.el9_${minor}`
      case "upstream":
        return `${epoch}${major}.${at + below(3)}.${below(30)}-${1 + below(12)}.el9_${minor}`
      case "module":
        return `${epoch}${major}.${at}.${below(9)}-1.module_el9.${minor}.0+${40 + at}+${hash(below)}`
    }
  })
  return all.map((version, at) =>
    at % 8 === 6 ? (all[at + 1] ?? version) : at % 8 === 7 ? (all[at - 1] ?? version) : version,
  )
}

const severities = [
  "important",
  "important",
  "important",
  "important",
  "moderate",
  "moderate",
  "moderate",
] as const

/** One of 140 is critical, one of 28 low. */
export const severityOf = (below: Numbers) =>
  below(140) === 0 ? "critical" : below(28) === 0 ? "low" : anyOf(below, severities)

/** `Important: nodejs:18 security update`. */
export const titleOf = (below: Numbers, severity: string, what: string): string =>
  `${severity.slice(0, 1).toUpperCase()}${severity.slice(1)}: ${what} security${below(9) === 0 ? ", bug fix, and enhancement" : ""} update`

/** A vector of CVSS 3.1 such as there are. */
export const vector = (below: Numbers): string => {
  const of = (...choices: readonly [string, ...ReadonlyArray<string>]) => anyOf(below, choices)
  return `CVSS:3.1/AV:${of("N", "N", "L", "A")}/AC:${of("L", "L", "H")}/PR:${of("N", "L", "H")}/UI:${of("N", "R")}/S:${of("U", "U", "C")}/C:${of("H", "L", "N")}/I:${of("H", "L", "N")}/A:${of("H", "H", "L", "N")}`
}

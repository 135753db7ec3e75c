import * as DateTime from "effect/DateTime"
import { Architecture, type InstalledPackage, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import type { Feed, FeedPackage } from "../../src/vulnerability/Feed.ts"
import { byteOrder } from "../../src/vulnerability/feedText.ts"

/** How much of everything there is. AlmaLinux 9 of 2026 is 1,780 advisories, 4,145 CVEs and 23,930 pairs. */
export interface FeedSize {
  readonly advisories: number
  /** Of packages with fixes. */
  readonly pairs: number
  readonly installed: number
}

export interface SyntheticHost {
  readonly feed: Feed
  readonly packages: ReadonlyArray<InstalledPackage>
}

/** Numbers that look random and are the same in every run (a linear congruential generator, Numerical Recipes). */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const syllables = ["lib", "gst", "perl", "net", "core", "qt", "ssl", "xml", "py", "rust", "web", "sys"]
const parts = [
  "",
  "-devel",
  "-libs",
  "-tools",
  "-doc",
  "-common",
  "-server",
  "-client",
  "-static",
  "-langpack",
]

interface Source {
  readonly binaries: ReadonlyArray<string>
  readonly builds: ReadonlyArray<{ readonly version: string; readonly advisory: number }>
}

/**
 * A feed shaped as AlmaLinux 9's: a few sources have a hundred advisories (kernels, browsers), half have three or fewer,
 * and an advisory names all the binaries of its source and two or three CVEs. Every package that is installed has
 * advisories, and lacks a third of its fixes at most.
 */
export const syntheticHost = ({ advisories, pairs, installed }: FeedSize): SyntheticHost => {
  const below = numbers(9)
  const binariesEach = Math.round(pairs / advisories)
  const sources: Array<Source> = []
  for (let advisory = 0; advisory < advisories;) {
    const rank = sources.length % 260
    const count = Math.min(Math.ceil(107 / (1 + rank * 0.35)), advisories - advisory)
    const pick = () => syllables[below(syllables.length)] ?? ""
    const name = `${pick()}${pick()}${sources.length}`
    const binaries = Array.from(
      { length: binariesEach },
      (_, at) => `${name}${parts[at % parts.length] ?? ""}${at < parts.length ? "" : at}`,
    )
    const major = below(9)
    const builds = Array.from({ length: count }, (_, at) => ({
      version: `${below(8) === 0 ? "1:" : ""}${major}.${below(3) + at}.${below(20)}-${427 + at}.${below(40)}.el9_${below(6)}`,
      advisory: advisory + at,
    }))
    sources.push({ binaries, builds })
    advisory += count
  }

  const cvesEach = [1, 2, 2, 4]
  let cve = 0
  const generatedAt = DateTime.makeUnsafe("2026-08-21T06:00:00Z")
  const table = Array.from({ length: advisories }, (_, at) => ({
    id: `ALSA-202${at % 6}:${10_000 + at}`,
    severity: (["critical", "important", "moderate", "low"] as const)[below(4)] ?? "low",
    date: `202${at % 6}-0${1 + (at % 9)}-1${at % 10}`,
    cves: Array.from({ length: cvesEach[at % 4] ?? 1 }, () => `CVE-202${at % 6}-${(cve += 1) + 10_000}`),
    title: `Important: package number ${at} security and bug fix update`,
  }))
  const rowsOf = (source: Source): FeedPackage["rows"] =>
    source.builds.map(({ version, advisory }) => ({
      advisory,
      fixed: version,
      status: "fixed",
      notAffected: false,
    }))
  const everyBinary = sources.flatMap((source) => source.binaries.map((name) => ({ name, source })))
  const feed: Feed = {
    header: {
      release: "almalinux-9",
      family: "rpm",
      key: "binary",
      serial: 1,
      generatedAt,
      expiresAt: DateTime.add(generatedAt, { days: 7 }),
      licence: "MIT",
      source: "synthetic",
      fixedIssuesOnly: true,
      endOfLife: false,
    },
    advisories: table,
    cves: table
      .flatMap(({ cves }) => cves)
      .map((id) => ({
        cve: id,
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        score: below(100) / 10,
        ...(below(100) === 0 ? { kev: { ransomware: below(2) === 0 } } : {}),
        epss: below(1000) / 1000,
      }))
      .toSorted((a, b) => byteOrder(a.cve, b.cve)),
    packages: everyBinary
      .map(({ name, source }): FeedPackage => ({ name, rows: rowsOf(source) }))
      .toSorted((a, b) => byteOrder(a.name, b.name)),
  }
  const step = everyBinary.length / installed
  return {
    feed,
    packages: Array.from({ length: installed }, (_, at): InstalledPackage => {
      const chosen = everyBinary[Math.floor(at * step)]
      const builds = chosen?.source.builds ?? []
      const reached = builds[builds.length - 1 - below(Math.ceil((builds.length + 1) / 3))]
      return {
        manager: "dnf",
        name: PackageName.make(chosen?.name ?? "absent"),
        architecture: Architecture.make("x86_64"),
        version: PackageVersion.make(reached?.version ?? "1-1"),
      }
    }),
  }
}

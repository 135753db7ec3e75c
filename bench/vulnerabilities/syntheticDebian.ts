import * as DateTime from "effect/DateTime"
import { Architecture, type InstalledPackage, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import { byteOrder } from "../../src/vulnerability/feedText.ts"
import type { Issue } from "../../test/system/vulnerability/debsecanData.ts"
import { anyOf, numbers } from "./numbers.ts"
import { sourceName } from "./almaLinux.ts"
import type { SyntheticHost } from "./syntheticFeed.ts"

/** A feed keyed by source, the same as the issues that debsecan is told of, and a host for both. */
export interface DebianHost extends SyntheticHost {
  readonly issues: ReadonlyArray<Issue>
}

const suffixes = ["", "-bin", "-dev", "-data"] as const

/**
 * Debian's tracker judges each CVE of each source by itself: most are fixed by now, the others are open. A few sources
 * have hundreds of CVEs, most have a handful.
 */
export const syntheticDebian = (size: { readonly pairs: number; readonly installed: number }): DebianHost => {
  const below = numbers(12)
  const issues: Array<Issue> = []
  const builds = new Map<string, ReadonlyArray<string>>()
  for (let at = 0; issues.length < size.pairs; at += 1) {
    const source = sourceName(below, at)
    const count = Math.min(Math.max(2 + below(9), Math.floor(1_500 / (1 + at))), size.pairs - issues.length)
    const upstream = `${below(9) < 2 ? "1:" : ""}${1 + below(9)}.${below(20)}.${below(30)}-${1 + below(5)}`
    const own = Array.from({ length: 1 + Math.ceil(count / 8) }, (_, build) => `${upstream}+deb12u${build}`)
    builds.set(source, own)
    for (let issue = 0; issue < count; issue += 1) {
      // Numbers of their own, so that no source has one twice.
      const cve = `CVE-${2016 + below(11)}-${1_000 + issues.length}`
      issues.push({
        cve,
        source,
        ...(below(10) < 6 ? { fixed: own[1 + below(own.length - 1)] ?? upstream } : {}),
      })
    }
  }
  const generatedAt = DateTime.makeUnsafe("2026-08-21T06:00:00Z")
  const numbered = issues.map((issue, advisory) => ({ ...issue, advisory }))
  const names = [...builds.keys()].toSorted(byteOrder)
  const rows = Map.groupBy(numbered, ({ source }) => source)
  const step = Math.floor((names.length * 2) / size.installed)
  // Siblings are installed together and of one build, so that a source counts once and each of its binaries too.
  const chosen = names
    .filter((_, at) => at % step === 0)
    .flatMap((source) => {
      const [first = "0", ...others] = builds.get(source) ?? []
      const version = anyOf(below, [first, ...others])
      const own = suffixes.slice(0, 1 + below(suffixes.length))
      return own.map((suffix) => ({ source, version, name: `${source}${suffix}` }))
    })
    .slice(0, size.installed)
  return {
    issues,
    feed: {
      header: {
        release: "debian-12",
        family: "deb",
        key: "source",
        serial: 1,
        generatedAt,
        expiresAt: DateTime.add(generatedAt, { days: 7 }),
        licence: "MIT",
        source: "synthetic",
        fixedIssuesOnly: false,
        endOfLife: false,
      },
      advisories: issues.map(({ cve }) => ({ id: cve, date: "", cves: [cve], title: "" })),
      cves: [],
      packages: names.map((name) => ({
        name,
        rows: (rows.get(name) ?? []).map(({ advisory, fixed }) =>
          fixed === undefined
            ? { advisory, status: "affected", notAffected: false }
            : { advisory, fixed, status: "fixed", notAffected: false },
        ),
      })),
    },
    packages: chosen.map(({ name, source, version }): InstalledPackage => ({
      manager: "apt",
      name: PackageName.make(name),
      architecture: Architecture.make("amd64"),
      version: PackageVersion.make(version),
      ...(name === source ? {} : { source: PackageName.make(source) }),
    })),
  }
}

import * as DateTime from "effect/DateTime"
import { Architecture, type InstalledPackage, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import type { Feed, FeedPackage, FeedRow } from "../../src/vulnerability/Feed.ts"
import { byteOrder } from "../../src/vulnerability/feedText.ts"
import { type Numbers, numbers } from "./numbers.ts"
import { type Facts, makeAdvisories, makeFacts } from "./syntheticAdvisories.ts"
import { makeSlots, makeSources, type Slot, type Source, streamAt } from "./syntheticSources.ts"

export interface FeedSize {
  readonly advisories: number
  readonly installed: number
  readonly facts: Facts
}

export interface SyntheticHost {
  readonly feed: Feed
  readonly packages: ReadonlyArray<InstalledPackage>
}

const makePackages = (below: Numbers, slots: ReadonlyArray<Slot>): ReadonlyArray<FeedPackage> => {
  const rows = new Map<string, Array<FeedRow>>()
  for (const [advisory, { source, build }] of slots.entries()) {
    const module = streamAt(source, build)
    const row: FeedRow = {
      advisory,
      fixed: source.builds[build] ?? "0",
      status: "fixed",
      notAffected: false,
      ...(module === undefined ? {} : { module }),
    }
    for (const [at, name] of source.binaries.entries()) {
      // An advisory leaves out what it did not build.
      if (at > 0 && below(10) === 0) continue
      rows.set(name, [...(rows.get(name) ?? []), row])
    }
  }
  return [...rows].map(([name, own]) => ({ name, rows: own })).toSorted((a, b) => byteOrder(a.name, b.name))
}

/** Some are up to date, the others lack up to a third of their fixes. */
const makeInstalled = (
  below: Numbers,
  sources: ReadonlyArray<Source>,
  packages: ReadonlyArray<FeedPackage>,
  installed: number,
): ReadonlyArray<InstalledPackage> => {
  const sourceOf = new Map(sources.flatMap((source) => source.binaries.map((binary) => [binary, source])))
  const step = packages.length / installed
  return Array.from({ length: installed }, (_, at): InstalledPackage => {
    const { name = "absent" } = packages[Math.floor(at * step)] ?? {}
    const source = sourceOf.get(name)
    const [stream] = source?.streams ?? []
    const builds = (source?.builds ?? []).filter((_, build) => stream === undefined || build % 2 === 0)
    const lacking = below(Math.ceil(builds.length / 3) + 1)
    return {
      manager: "dnf",
      name: PackageName.make(name),
      architecture: Architecture.make("x86_64"),
      // Older than all: a tilde sorts before everything.
      version: PackageVersion.make(builds[builds.length - 1 - lacking] ?? `${builds[0] ?? "0-0"}~0`),
      ...(stream === undefined ? {} : { module: `${stream}:8100020260101000000:00000000` }),
    }
  })
}

/**
 * A feed shaped as AlmaLinux 9's (see `almaLinux.ts`), of any size, and a host for it. It is harder than a real one in that
 * every installed package has advisories.
 */
export const syntheticHost = ({ advisories, installed, facts }: FeedSize): SyntheticHost => {
  const below = numbers(9)
  const sources = makeSources(below, advisories)
  const slots = makeSlots(below, sources)
  const table = makeAdvisories(below, slots)
  const packages = makePackages(below, slots)
  const generatedAt = DateTime.makeUnsafe("2026-08-21T06:00:00Z")
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
    // Numbers of its own: the host is the same whatever is known of the CVEs.
    cves: makeFacts(numbers(10), table, facts),
    packages,
  }
  return { feed, packages: makeInstalled(below, sources, packages, installed) }
}

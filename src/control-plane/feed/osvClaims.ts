import type { Release } from "../../vulnerability/release.ts"
import type { Claim, LeftOutReason, Publication, Reading } from "./Claim.ts"
import { moduleStreams } from "./moduleStreams.ts"
import type { Affected, OsvRecord, Specifics } from "./OsvRecord.ts"
import type { Reach, VendorData } from "./osvSources.ts"
import { severityOfAffected, severityOfRecord, specificsOf } from "./severity.ts"
import { rangesOf, type VersionRange } from "./versionRanges.ts"
import { isRejection, judgedCve, vulnerabilitiesOf } from "./vulnerabilityIds.ts"

type Named = Affected & { readonly package: NonNullable<Affected["package"]> }

const publicationOf = (record: OsvRecord, cves: ReadonlyArray<string>): Publication => {
  const severity = severityOfRecord(record)
  return {
    // The vendor's prefix is about the record, not about the CVE.
    id: judgedCve(record) ?? record.id,
    cves,
    ...(severity === undefined ? {} : { severity }),
    date: (record.published ?? record.modified ?? "").slice(0, 10),
    title: (record.summary ?? "").replaceAll(/\s+/g, " ").trim(),
    modified: record.modified ?? "",
    authority: judgedCve(record) === undefined ? 0 : 1,
  }
}

/** Rocky's special interest groups rebuild packages under a word of their own: `4.18.0-425.10.1.el8_7.cloud`. */
const interestGroup = (purl: string): string | undefined => /[?&]distro=[^&]*-sig-([a-z]+)/.exec(purl)?.[1]

const isNotShipped = (release: Release, { versions }: Affected, range: VersionRange): boolean =>
  // Debian's and Ubuntu's records list every affected version that the release had.
  release.family === "deb" && versions?.length === 0 && range.fixed !== undefined && range.fixed !== "0"

/** All packages of an advisory, by name; SUSE lists them under each of its sources. */
const binaryVersions = ({ binaries }: Specifics): ReadonlyArray<readonly [name: string, version: string]> =>
  (binaries ?? []).flatMap((binary) => Object.entries(binary))

/** What Ubuntu says was built from the source, without the packages that only debuggers want. */
const builtBinaries = (affected: Named, { binaries }: Specifics): Claim["binaries"] => {
  const names = (binaries ?? [])
    .flatMap((binary) => binary["binary_name"] ?? Object.keys(binary))
    .filter((name) => !name.endsWith("-dbgsym"))
  const build = /@([^?]+)/.exec(affected.package.purl ?? "")?.[1]
  // Names of kernel packages change with each build: a list of one build says nothing about another.
  return build === undefined || names.length === 0 || /^linux(?:-|$)/.test(affected.package.name)
    ? undefined
    : { build, names: [...new Set(names)].toSorted() }
}

/** The word that builds for one minor release have in theirs: `4.el9_2.1`, `1.module+el9.2.0.z+20787+4c237fd3`. */
const minorWord = (minor: string, fixed: string | undefined): string =>
  fixed?.includes(`.module+el${minor}.`) === true ? `module+el${minor}` : `el${minor.replace(".", "_")}`

interface Place {
  readonly release: Release
  readonly publication: Publication
  readonly affected: Named
  readonly specifics: Specifics
  readonly reach: Reach
  /** The word of a special interest group in the version. */
  readonly group?: string
}

const claimsOfRange = (
  { release, publication, affected, specifics, reach, group }: Place,
  name: string,
  range: VersionRange,
): ReadonlyArray<Claim> => {
  const { fixed, introduced } = range
  const notAffected = fixed === "0"
  const severity = severityOfAffected(affected, specifics)
  const binaries = release.distribution === "ubuntu" ? builtBinaries(affected, specifics) : undefined
  const line = reach.minor === undefined ? group : minorWord(reach.minor, fixed)
  const claim: Claim = {
    package: name,
    publication,
    ...(severity === undefined ? {} : { severity }),
    ...(fixed === undefined || notAffected ? {} : { fixed }),
    ...(introduced === undefined ? {} : { introduced }),
    status: fixed !== undefined ? "fixed" : specifics.urgency === "end-of-life" ? "end_of_life" : "affected",
    notAffected,
    // What nobody has fixed is open for everyone.
    ...(reach.channel === undefined || fixed === undefined ? {} : { channel: reach.channel }),
    ...(line === undefined ? {} : { line }),
    ...(binaries === undefined ? {} : { binaries }),
  }
  const modules =
    release.family === "rpm" && fixed !== undefined ? moduleStreams(publication.title, fixed) : []
  return modules.length === 0 ? [claim] : modules.map((module) => ({ ...claim, module }))
}

const readAffected = (place: Place): Reading => {
  const { release, affected, specifics } = place
  const { name, purl } = affected.package
  const ranges = rangesOf(release.family, affected)
  if (ranges.length === 0) return { claims: [], leftOut: ["no_version_range"] }

  const binaries = release.distribution === "sles" || release.distribution.startsWith("opensuse-")
  const expanded = binaries ? binaryVersions(specifics) : []
  if (expanded.length > 0) {
    return {
      claims: expanded.flatMap(([binary, fixed]) => claimsOfRange(place, binary, { fixed })),
      leftOut: [],
    }
  }

  const group = interestGroup(purl ?? "")
  const leftOut: Array<LeftOutReason> = []
  const claims = ranges.flatMap((range) => {
    if (isNotShipped(release, affected, range)) {
      leftOut.push("never_shipped")
      return []
    }
    if (range.noUpperBound === true) leftOut.push("no_upper_bound")
    if (group === undefined) return claimsOfRange(place, name, range)
    if (range.fixed?.endsWith(`.${group}`) === true) {
      return claimsOfRange({ ...place, group }, name, range)
    }
    leftOut.push("other_build")
    return []
  })
  return { claims, leftOut }
}

/** What a record says about a release. */
export const readOsvRecord = (release: Release, vendor: VendorData, record: OsvRecord): Reading => {
  const nothing = (reason: LeftOutReason): Reading => ({ claims: [], leftOut: [reason] })
  const reached = (record.affected ?? []).flatMap((affected) => {
    if (affected.package == null) return []
    const reach = vendor.reach(affected.package.ecosystem, release)
    return reach === undefined ? [] : [{ affected: { ...affected, package: affected.package }, reach }]
  })
  if (record.withdrawn != null) return nothing("withdrawn")
  if (isRejected(record)) return nothing("rejected")
  if (record.id.startsWith("LSN-")) return nothing("livepatch")
  if (reached.length === 0) return nothing("other_release")
  const cves = vulnerabilitiesOf(record)
  if (cves.length === 0) return nothing("no_vulnerability")

  const publication = publicationOf(record, cves)
  const readings = reached.map(({ affected, reach }) => {
    const specifics = specificsOf(affected.ecosystem_specific)
    return readAffected({ release, publication, affected, specifics, reach })
  })
  return {
    claims: readings.flatMap(({ claims }) => claims),
    leftOut: readings.flatMap(({ leftOut }) => leftOut),
  }
}

/** The CVE was taken back, so that no other publication may name it either. */
export const isRejected = (record: OsvRecord): boolean =>
  judgedCve(record) !== undefined && (isRejection(record.summary ?? "") || isRejection(record.details ?? ""))

import type { CveFacts, FeedAdvisory, FeedPackage, FeedRow } from "../../vulnerability/Feed.ts"
import { byteOrder } from "../../vulnerability/feedText.ts"
import type { Claim, Publication } from "./Claim.ts"
import type { FeedBody, FeedDraft } from "./FeedDraft.ts"
import { unnamedStreams } from "./unnamedStreams.ts"

/** A row that still names its advisory instead of numbering it. */
interface UnnumberedRow {
  readonly advisory: string
  readonly row: Omit<FeedRow, "advisory">
}

/** What only all claims together tell. */
interface Context {
  /** How many packages were built from a source, by source and build. */
  readonly built: ReadonlyMap<string, number>
  /** The streams of advisories that do not name theirs, by advisory. */
  readonly unnamed: ReadonlyMap<string, string>
}

/** What was built from a source, by source and build, from all lists of it. */
const builtBinaries = (draft: FeedDraft): ReadonlyMap<string, number> => {
  const built = new Map<string, Set<string>>()
  for (const [name, claims] of draft.claims) {
    for (const { binaries } of claims.values()) {
      if (binaries === undefined) continue
      const build = `${name}\0${binaries.build}`
      built.set(build, (built.get(build) ?? new Set()).union(new Set(binaries.names)))
    }
  }
  return new Map([...built].map(([build, names]) => [build, names.size]))
}

const rowOf = (claim: Claim, { built, unnamed }: Context): Omit<FeedRow, "advisory"> => {
  const { binaries } = claim
  const module = claim.module === "?" ? (unnamed.get(claim.publication.id) ?? "?") : claim.module
  const limits =
    binaries !== undefined && binaries.names.length < (built.get(`${claim.package}\0${binaries.build}`) ?? 0)
  return {
    ...(claim.fixed === undefined ? {} : { fixed: claim.fixed }),
    ...(claim.introduced === undefined ? {} : { introduced: claim.introduced }),
    status: claim.status,
    notAffected: claim.notAffected,
    ...(module === undefined ? {} : { module }),
    ...(claim.channel === undefined ? {} : { channel: claim.channel }),
    ...(claim.line === undefined ? {} : { line: claim.line }),
    ...(limits ? { binaries: binaries.names } : {}),
  }
}

/** Advisories in the feed, each with its own mix of severity and CVEs, by a key that sorts as they shall stand. */
class Advisories {
  readonly byKey = new Map<string, FeedAdvisory>()

  /**
   * Returns the key. `introduced` keeps ranges of one publication apart: rows of one advisory are alternatives, and the
   * fix of an older range is none for a younger one.
   */
  add(advisory: FeedAdvisory, introduced = ""): string {
    const key = [advisory.id, advisory.cves.join(" "), advisory.severity ?? "", introduced].join("\0")
    this.byKey.set(key, advisory)
    return key
  }
}

/** The claim to name an advisory after: one whose fix is for everyone, then any fix. */
const leadOf = (claims: ReadonlyArray<Claim>): Claim | undefined =>
  claims.find(({ fixed, channel }) => fixed !== undefined && channel === undefined) ??
  claims.find(({ fixed }) => fixed !== undefined) ??
  claims[0]

/** The rows of one package: each (package, CVE) pair from the most exact source only. */
const rowsOf = (
  draft: FeedDraft,
  claims: ReadonlyArray<Claim>,
  advisories: Advisories,
  context: Context,
): ReadonlyArray<UnnumberedRow> => {
  const latest = ({ publication }: Claim) => draft.publications.get(publication.id) ?? publication
  const authorities = new Map<string, number>()
  for (const claim of claims) {
    for (const cve of latest(claim).cves) {
      authorities.set(cve, Math.max(authorities.get(cve) ?? 0, claim.publication.authority))
    }
  }
  const fixes = claims.filter(({ publication, fixed }) => publication.authority === 0 && fixed !== undefined)

  /** A verdict on a CVE takes id, date and title from the advisory that brought the fix. */
  const bearerOf = (lead: Claim, cve: string): Publication => {
    const own = latest(lead)
    if (lead.publication.authority === 0) return own
    const [bearer = own] = fixes
      .filter((fix) => fix.fixed === lead.fixed && fix.channel === lead.channel)
      .map(latest)
      .filter(({ cves }) => cves.includes(cve))
      .toSorted((a, b) => byteOrder(a.id, b.id))
    return bearer
  }

  return [...Map.groupBy(claims, ({ publication }) => publication.id).values()].flatMap((published) => {
    const authority = Math.max(...published.map(({ publication }) => publication.authority))
    const kept = published.filter(({ publication }) => publication.authority === authority)
    const lead = leadOf(kept)
    if (lead === undefined) return []
    const own = latest(lead)
    const standing = own.cves.filter((cve) => !draft.rejected.has(cve))
    const cves = standing.filter((cve) => authorities.get(cve) === authority)
    const [first] = cves
    if (first === undefined) {
      draft.leaveOut(standing.length === 0 ? "rejected" : "superseded", kept.length)
      return []
    }
    const bearer = bearerOf(lead, first)
    const severity = lead.severity ?? own.severity ?? bearer.severity
    const { id, date, title } = bearer
    const advisory = { id, ...(severity === undefined ? {} : { severity }), date, cves, title }
    return kept.map((claim) => ({
      advisory: advisories.add(advisory, claim.introduced),
      row: rowOf(claim, context),
    }))
  })
}

/** A text that sorts the rows of one advisory and tells them apart. */
const rowKey = ({
  fixed,
  introduced,
  status,
  notAffected,
  module,
  channel,
  line,
  binaries,
}: UnnumberedRow["row"]) =>
  [module, line, channel, introduced, binaries?.join(","), notAffected, fixed, status].join("\0")

const factsOf = (
  draft: FeedDraft,
  exploited: ReadonlyMap<string, NonNullable<CveFacts["kev"]>>,
  cves: Iterable<string>,
): ReadonlyArray<CveFacts> =>
  [...new Set(cves)].toSorted(byteOrder).flatMap((cve) => {
    const kev = exploited.get(cve)
    const rating = draft.rating(cve)
    return kev === undefined && rating === undefined
      ? []
      : [{ cve, ...rating, ...(kev === undefined ? {} : { kev }) }]
  })

/**
 * The feed that a draft comes to. The same input gives the same feed, in whatever order it was read: packages and CVEs
 * are in byte order, advisories in order of their ids.
 */
export const compileDraft = (
  draft: FeedDraft,
  exploited: ReadonlyMap<string, NonNullable<CveFacts["kev"]>>,
): FeedBody => {
  const claims = [...draft.claims.values()].flatMap((ofPackage) => [...ofPackage.values()])
  const context = { built: builtBinaries(draft), unnamed: unnamedStreams(claims) }
  const advisories = new Advisories()
  const rows = [...draft.claims]
    .toSorted(([a], [b]) => byteOrder(a, b))
    .map(([name, claims]) => ({ name, rows: rowsOf(draft, [...claims.values()], advisories, context) }))

  const keys = [...advisories.byKey.keys()].toSorted(byteOrder)
  const numbers = new Map(keys.map((key, number) => [key, number]))
  const packages = rows.flatMap(({ name, rows: unnumbered }): ReadonlyArray<FeedPackage> => {
    const byKey = new Map(
      unnumbered.map(({ advisory, row }) => {
        const number = numbers.get(advisory) ?? 0
        return [`${String(number).padStart(9, "0")}\0${rowKey(row)}`, { advisory: number, ...row }]
      }),
    )
    const sorted = [...byKey].toSorted(([a], [b]) => byteOrder(a, b)).map(([, row]) => row)
    return sorted.length === 0 ? [] : [{ name, rows: sorted }]
  })
  const listed = keys.flatMap((key) => advisories.byKey.get(key) ?? [])
  return {
    advisories: listed,
    cves: factsOf(
      draft,
      exploited,
      listed.flatMap(({ cves }) => cves),
    ),
    packages,
  }
}

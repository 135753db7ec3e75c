import type { CveFacts, Feed, VersionFamily } from "../../vulnerability/Feed.ts"
import type { Claim, LeftOutReason, Publication, Reading } from "./Claim.ts"
import { compareVersions } from "./versionRanges.ts"

/** Rows of the same publication and package with the same scope are alternatives; the lowest fix is enough. */
const scopeOf = (claim: Claim): string =>
  [
    claim.publication.id,
    claim.module,
    claim.introduced,
    claim.channel,
    claim.line,
    claim.binaries?.build,
    claim.binaries?.names.join(","),
    claim.notAffected ? "n" : "",
  ].join("\0")

const isLater = (a: Publication, b: Publication): boolean =>
  a.modified === b.modified ? a.title > b.title : a.modified > b.modified

/** Two copies of a publication, such as one file per release of the vendor, name the CVEs of both. */
const merged = (a: Publication | undefined, b: Publication): Publication => {
  if (a === undefined) return b
  return { ...(isLater(a, b) ? a : b), cves: [...new Set([...a.cves, ...b.cves])].toSorted() }
}

/** A CVSS vector with its score, where that is known, and how good the word on the CVE is. */
export interface Rating {
  readonly vector: string
  readonly score?: number
  readonly authority: Publication["authority"]
}

const isBetterRating = (a: Rating, b: Rating): boolean => {
  if (a.authority !== b.authority) return a.authority > b.authority
  const difference = (a.score ?? -1) - (b.score ?? -1)
  return difference === 0 ? a.vector > b.vector : difference > 0
}

/** Everything read so far for one feed, in whatever order it came. */
export class FeedDraft {
  readonly #family: VersionFamily
  readonly #claims = new Map<string, Map<string, Claim>>()
  readonly publications = new Map<string, Publication>()
  readonly leftOut = new Map<LeftOutReason, number>()
  /** CVEs that were taken back. */
  readonly rejected = new Set<string>()
  /** By CVE. */
  readonly #ratings = new Map<string, Rating>()

  constructor(family: VersionFamily) {
    this.#family = family
  }

  leaveOut(reason: LeftOutReason, count = 1): void {
    this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + count)
  }

  add({ claims, leftOut }: Reading): void {
    for (const reason of leftOut) this.leaveOut(reason)
    for (const claim of claims) this.#addClaim(claim)
  }

  #addClaim(claim: Claim): void {
    const { publication } = claim
    const known = this.publications.get(publication.id)
    if (known !== publication) this.publications.set(publication.id, merged(known, publication))
    const claims = this.#claims.get(claim.package) ?? new Map<string, Claim>()
    this.#claims.set(claim.package, claims)
    const scope = scopeOf(claim)
    const other = claims.get(scope)
    claims.set(scope, other === undefined ? claim : this.#better(other, claim))
  }

  /** The word of higher authority, then the lower fix, then any fix; the order of reading never decides. */
  #better(a: Claim, b: Claim): Claim {
    const byAuthority = b.publication.authority - a.publication.authority
    if (byAuthority !== 0) return byAuthority > 0 ? b : a
    if (a.fixed === undefined || b.fixed === undefined) {
      if (a.fixed === b.fixed) return a.status <= b.status ? a : b
      return a.fixed === undefined ? b : a
    }
    return compareVersions[this.#family](b.fixed, a.fixed) < 0 ? b : a
  }

  rate(cve: string, rating: Rating): void {
    const known = this.#ratings.get(cve)
    if (known === undefined || isBetterRating(rating, known)) this.#ratings.set(cve, rating)
  }

  /** The vector to show for a CVE: of its own record before an advisory's, then the one with the highest score. */
  rating(cve: string): Pick<CveFacts, "vector" | "score"> | undefined {
    const known = this.#ratings.get(cve)
    if (known === undefined) return undefined
    return { vector: known.vector, ...(known.score === undefined ? {} : { score: known.score }) }
  }

  /** By package. */
  get claims(): ReadonlyMap<string, ReadonlyMap<string, Claim>> {
    return this.#claims
  }
}

/** A feed but for its first line, which depends on when and where it is published. */
export type FeedBody = Omit<Feed, "header">

import type { VersionFamily } from "../../vulnerability/Feed.ts"
import { compare as compareApk } from "../../version/apk.ts"
import { compare as compareDeb } from "../../version/deb.ts"
import { compare as comparePacman } from "../../version/pacman.ts"
import { compare as compareRpm } from "../../version/rpm.ts"
import type { Affected } from "./OsvRecord.ts"

export const compareVersions: Readonly<Record<VersionFamily, (a: string, b: string) => -1 | 0 | 1>> = {
  deb: compareDeb,
  rpm: compareRpm,
  apk: compareApk,
  pacman: comparePacman,
}

/** From `introduced` on, or from the first version; up to `fixed`, or without end. */
export interface VersionRange {
  readonly introduced?: string
  readonly fixed?: string
  /** The last affected version is known, and not the first without the vulnerability. */
  readonly noUpperBound?: true
}

type Event = NonNullable<NonNullable<Affected["ranges"]>[number]["events"]>[number]

/** `0` is the beginning of all versions. Without an epoch is epoch 0, so `0:1.0` says no more than `1.0`. */
const boundary = (family: VersionFamily, version: string): string =>
  family === "rpm" ? version.replace(/^0:(?=.)/, "") : version

const rangesOfEvents = (family: VersionFamily, events: ReadonlyArray<Event>): Array<VersionRange> => {
  const ranges: Array<VersionRange> = []
  let start: { readonly introduced?: string } | undefined
  for (const { introduced, fixed, last_affected } of events) {
    if (introduced != null) start = introduced === "0" ? {} : { introduced: boundary(family, introduced) }
    // A fix without a beginning is against the schema, and clear all the same.
    if (fixed != null) {
      ranges.push({ ...start, fixed: boundary(family, fixed) })
      start = undefined
    } else if (last_affected != null) {
      ranges.push({ ...start, noUpperBound: true })
      start = undefined
    }
  }
  return start === undefined ? ranges : [...ranges, start]
}

/**
 * The ranges of an entry. A list of versions alone says nothing about the next version; it is a range without end
 * from the lowest of them, and so is one that ends with a last affected version: too many findings rather than too
 * few. Ranges of commits and of upstream versions are none of ours.
 */
export const rangesOf = (family: VersionFamily, affected: Affected): ReadonlyArray<VersionRange> => {
  const ranges = (affected.ranges ?? [])
    .filter(({ type }) => type === "ECOSYSTEM")
    .flatMap(({ events }) => rangesOfEvents(family, events ?? []))
  if (ranges.length > 0 || (affected.ranges ?? []).length > 0) return ranges
  const [lowest] = (affected.versions ?? []).toSorted(compareVersions[family])
  return lowest === undefined ? [] : [{ introduced: boundary(family, lowest), noUpperBound: true }]
}

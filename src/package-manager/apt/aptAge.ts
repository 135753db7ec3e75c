import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { installedIndex, type PolicyVersion } from "./aptPolicy.ts"
import type { ReleaseOf } from "./aptReleases.ts"
import type { Objection } from "../updateSelection.ts"

/**
 * Why a version is too young, if it is. apt keeps no date of publication for a package. What is certain: a version
 * was published before the Release file of a repository that lists it was made. So it is at least as old as the
 * oldest such file; where that is not old enough, its age is unknown, and unknown is not old enough.
 */
export const tooYoung = (
  version: PolicyVersion | undefined,
  releaseOf: ReleaseOf,
  minimum: Duration.Duration,
  now: DateTime.Utc,
): Objection | undefined => {
  const sources = version?.sources.filter(({ index }) => index !== installedIndex) ?? []
  const dated = sources.flatMap(({ index }) => {
    const date = releaseOf(index)?.date
    return date === undefined ? [] : [{ date, index }]
  })
  const [oldest] = dated.toSorted((a, b) => DateTime.Order(a.date, b.date))
  if (oldest === undefined) {
    return { reason: "too_young", detail: "its age is unknown: no repository that offers it carries a date" }
  }
  if (Duration.isGreaterThanOrEqualTo(DateTime.distance(oldest.date, now), minimum)) return undefined
  const place = oldest.index.split(" ").slice(0, 2).join(" ")
  const made = DateTime.formatIso(oldest.date)
  const hours = Duration.toHours(minimum)
  const detail = `its age is unknown: all that is certain is that ${place} listed it on ${made}, less than ${hours} h ago`
  return { reason: "too_young", detail }
}

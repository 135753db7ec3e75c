import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { Objection } from "./updateSelection.ts"

/** What dates a version: an index that lists it, or an advisory that its vendor issued for it. */
export interface Dated {
  readonly at: DateTime.Utc
  /** In words: `the metadata of baseos`. */
  readonly by: string
}

/**
 * Why a version is too young, if it is. When a package was built tells little, since that may be long before anyone
 * could have it. What is certain: it was published before an index that lists it was made. The oldest date counts; where
 * that is not old enough, the age is unknown, and unknown is not old enough.
 */
export const tooYoung = (
  dates: ReadonlyArray<Dated>,
  minimum: Duration.Duration,
  now: DateTime.Utc,
): Objection | undefined => {
  const [oldest] = dates.toSorted((a, b) => DateTime.Order(a.at, b.at))
  if (oldest === undefined) {
    return { reason: "too_young", detail: "its age is unknown: nothing that offers it carries a date" }
  }
  if (Duration.isGreaterThanOrEqualTo(DateTime.distance(oldest.at, now), minimum)) return undefined
  const hours = Duration.toHours(minimum)
  const detail = `its age is unknown: all that is certain is that ${oldest.by} is of ${DateTime.formatIso(oldest.at)}, less than ${hours} h ago`
  return { reason: "too_young", detail }
}

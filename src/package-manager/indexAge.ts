import * as Duration from "effect/Duration"
import type { ManagerId } from "../domain/Package.ts"
import type { PartialReason } from "../domain/Scan.ts"

/** Longer without a refresh, and the updates of a repository are not known any more. */
export const indexStaleAfter = Duration.days(7)

/**
 * The reason against an index for its age; none while it is young enough. `repository` is its name for people, `remedy`
 * the command that refreshes it.
 */
export const ageReasons = (
  manager: ManagerId,
  repository: string,
  age: Duration.Duration | undefined,
  remedy: string,
): ReadonlyArray<PartialReason> => {
  if (age === undefined) {
    return [{ manager, code: "index_missing", detail: `${repository} was never downloaded: run ${remedy}` }]
  }
  if (Duration.isLessThanOrEqualTo(age, indexStaleAfter)) return []
  const days = Math.floor(Duration.toDays(age))
  const detail = `${repository} was last checked ${days} days ago: run ${remedy}`
  return [{ manager, code: "index_stale", detail }]
}

import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { ReleaseVersion } from "../domain/Release.ts"
import { downloadPause } from "../schedules.ts"
import type { UpdateState } from "./UpdateState.ts"

/** Damaged downloads of a version in a row, before there is a pause. */
export const downloadAttempts = 3

type Damaged = NonNullable<UpdateState["damaged"]>

const isLasting = ({ downloads }: Damaged) => downloads >= downloadAttempts

/** Whether a version may be downloaded now: 110 MB that come damaged each time would fill the line for nothing. */
export const mayDownload = (
  damaged: Damaged | undefined,
  version: ReleaseVersion,
  now: DateTime.Utc,
): boolean => {
  if (damaged === undefined || damaged.version !== version || !isLasting(damaged)) return true
  const age = DateTime.toEpochMillis(now) - DateTime.toEpochMillis(damaged.last)
  // A clock that was set back must not stretch the pause.
  return age < 0 || age >= Duration.toMillis(downloadPause)
}

/** What to remember after one more damaged download. */
export const oneMoreDamaged = (
  damaged: Damaged | undefined,
  version: ReleaseVersion,
  now: DateTime.Utc,
): Damaged => ({
  version,
  // After a pause there is one try, then another pause.
  downloads: damaged?.version === version ? Math.min(damaged.downloads + 1, downloadAttempts) : 1,
  last: now,
})

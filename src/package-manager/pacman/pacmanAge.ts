import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { Objection } from "../updateSelection.ts"
import { databaseFile, type FileTime } from "./syncDatabases.ts"

/**
 * Why a version is too young, if it is. The repositories tell when a package was built, not when it was published, which
 * may be weeks later. What is certain: it was published before the database that lists it was made, whose modification
 * time is the server's. So it is at least that old; where that is not old enough, its age is unknown, and unknown is not
 * old enough.
 */
export const tooYoung = (
  repository: string | undefined,
  folder: string,
  files: ReadonlyMap<string, FileTime>,
  minimum: Duration.Duration,
  now: DateTime.Utc,
): Objection | undefined => {
  const file = repository === undefined ? undefined : files.get(databaseFile(folder, repository))
  if (file === undefined) {
    return { reason: "too_young", detail: "its age is unknown: no database that lists it has a date" }
  }
  if (Duration.isGreaterThanOrEqualTo(DateTime.distance(file.modifiedAt, now), minimum)) return undefined
  const made = DateTime.formatIso(file.modifiedAt)
  const hours = Duration.toHours(minimum)
  const detail = `its age is unknown: all that is certain is that ${repository} listed it on ${made}, less than ${hours} h ago`
  return { reason: "too_young", detail }
}

import type { Dated } from "../versionAge.ts"
import { databaseFile, type FileTime } from "./syncDatabases.ts"

/** What dates a version: the database that lists it, whose modification time is the server's. */
export const databaseDates = (
  repository: string | undefined,
  folder: string,
  files: ReadonlyMap<string, FileTime>,
): ReadonlyArray<Dated> => {
  const file = repository === undefined ? undefined : files.get(databaseFile(folder, repository))
  return file === undefined ? [] : [{ at: file.modifiedAt, by: `the database of ${repository}` }]
}

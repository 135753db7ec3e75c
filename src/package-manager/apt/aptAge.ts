import { installedIndex, type PolicyVersion } from "./aptPolicy.ts"
import type { ReleaseOf } from "./aptReleases.ts"
import type { Dated } from "../versionAge.ts"

/** What dates a version: the Release files of the repositories that list it. apt keeps no date of publication. */
export const releaseDates = (
  version: PolicyVersion | undefined,
  releaseOf: ReleaseOf,
): ReadonlyArray<Dated> =>
  (version?.sources ?? []).flatMap(({ index }) => {
    const date = index === installedIndex ? undefined : releaseOf(index)?.date
    const place = index.split(" ").slice(0, 2).join(" ")
    return date === undefined ? [] : [{ at: date, by: `the index of ${place}` }]
  })

import { packageKey, type InstalledPackage } from "../../domain/Package.ts"
import { foreignOrigins } from "../foreignOrigins.ts"
import { installedIndex, type PackagePolicy } from "./aptPolicy.ts"
import type { ReleaseFile, ReleaseOf } from "./aptReleases.ts"
import { isEntitled } from "./aptSecurity.ts"

/** What a distribution calls its archives in the `Origin` of their Release files, by the `ID` of os-release(5). */
const ownArchives: Readonly<Record<string, RegExp>> = {
  debian: /^Debian(?: Backports| Ports)?$/,
  // `UbuntuESM`, `UbuntuESMApps`, `UbuntuFIPS`; a PPA is `LP-PPA-…`.
  ubuntu: /^Ubuntu[A-Za-z]*$/,
}

type Pairs = ReadonlyArray<readonly [InstalledPackage, PackagePolicy]>

/**
 * The archive that the installed version is in now, the distribution's own where it is in several. dpkg keeps no record
 * of it, so nobody knows it of a version that no archive has any more, or that one without a name has as well.
 */
const archiveOf = ({ versions }: PackagePolicy, own: RegExp, releaseOf: ReleaseOf): ReadonlyArray<string> => {
  const sources = versions.find(({ installed }) => installed)?.sources ?? []
  const archives = sources.filter(({ index }) => index !== installedIndex)
  const origins = archives.flatMap(({ index }) => releaseOf(index)?.origin ?? [])
  const [first] = origins
  return first === undefined || origins.length < archives.length
    ? []
    : [origins.find((origin) => own.test(origin)) ?? first]
}

/** The origins of the packages that are in other archives than the distribution's, by `packageKey`. */
export const originsOfForeign = (
  pairs: Pairs,
  releaseOf: ReleaseOf,
  distribution: string,
): ReadonlyMap<string, string> => {
  const own = ownArchives[distribution]
  if (own === undefined) return new Map()
  const found = pairs.flatMap(([row, policy]) =>
    archiveOf(policy, own, releaseOf).map((origin) => [row, origin] as const),
  )
  const foreign = foreignOrigins(
    found.map(([, origin]) => origin),
    own,
  )
  return new Map(
    found.flatMap(([row, origin]) => (foreign.has(origin) ? [[packageKey(row), origin] as const] : [])),
  )
}

/**
 * `pro` where both archives of Ubuntu Pro are enabled. Its security data do not tell which of the two has a fix, so with
 * one alone a fix that is not offered may take the other. What counts is what apt may install from: a host that is not
 * attached may have the archives among its sources all the same, with a pin below 0.
 */
export const attachedChannels = (
  pairs: Pairs,
  releases: Iterable<ReleaseFile>,
  releaseOf: ReleaseOf,
): ReadonlyArray<string> => {
  const enabled = new Set([...releases].filter(isEntitled).map(({ origin }) => origin))
  if (!enabled.has("UbuntuESM") || !enabled.has("UbuntuESMApps")) return []
  const pinnedAway = pairs.some(([, { versions }]) =>
    versions.some(({ sources }) =>
      sources.some(
        ({ priority, index }) => priority < 0 && isEntitled(releaseOf(index) ?? { notAutomatic: false }),
      ),
    ),
  )
  return pinnedAway ? [] : ["pro"]
}

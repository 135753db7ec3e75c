import type { InstalledPackage } from "../../domain/Package.ts"
import type { HoldbackReason } from "../../domain/Update.ts"
import { compare } from "../../version/deb.ts"
import { installedIndex, type PackagePolicy, type PolicyVersion } from "./aptPolicy.ts"
import type { ReleaseFile, ReleaseOf } from "./aptReleases.ts"
import { isEntitled, securityEvidence } from "./aptSecurity.ts"

/** A package for which a source offers something newer. */
export interface Newer {
  readonly row: InstalledPackage
  readonly policy: PackagePolicy
  readonly target: PolicyVersion
  /** Why apt does not even consider the version; absent when it is the candidate. */
  readonly away?: Extract<HoldbackReason, "pinned" | "phased" | "needs_entitlement">
  /** The candidate has the installed version's number: another build of it, which apt may want or not. */
  readonly rebuild: boolean
}

const archiveSources = (version: PolicyVersion) =>
  version.sources.filter(({ index }) => index !== installedIndex)

/** A pin on this package shows as a priority that none of the version's sources has. */
const isPinned = (version: PolicyVersion): boolean =>
  version.sources.length > 0 &&
  version.priority !== Math.max(...version.sources.map(({ priority }) => priority))

/** Two pockets of one release of one vendor: `bookworm` and `bookworm-updates`, or Ubuntu's `jammy` everywhere. */
const isSameRelease = (a: ReleaseFile, b: ReleaseFile): boolean => {
  const [one = "", other = ""] = [a.codename, b.codename]
  return (
    a.origin === b.origin &&
    one !== "" &&
    (one === other || one.startsWith(`${other}-`) || other.startsWith(`${one}-`))
  )
}

/**
 * Whether a version that apt does not choose would be an ordinary update, were it not for a pin. A priority below
 * the others' has two causes that look alike: a pin, or a source that one takes single packages from (backports,
 * a pin on all of unstable). It is an update if the pin is on this package, if the source is a security source, or
 * if it is another pocket of the release that the package's best source belongs to; never if the source's own
 * Release file says NotAutomatic.
 */
const isKeptAwayByPin = (policy: PackagePolicy, version: PolicyVersion, releaseOf: ReleaseOf): boolean => {
  const releases = archiveSources(version).flatMap(({ index }) => releaseOf(index) ?? [])
  if (releases.some(({ notAutomatic }) => notAutomatic)) return false
  if (policy.versions.some((other) => other.phasedPercent === undefined && isPinned(other))) return true
  if (releases.some((release) => securityEvidence(release) !== undefined)) return true
  const sources = policy.versions.flatMap(archiveSources)
  const best = Math.max(...sources.map(({ priority }) => priority))
  const chosen = sources.flatMap(({ priority, index }) => (priority === best ? (releaseOf(index) ?? []) : []))
  return releases.some((release) => chosen.some((other) => isSameRelease(release, other)))
}

const whyAway = (policy: PackagePolicy, version: PolicyVersion, releaseOf: ReleaseOf): Newer["away"] => {
  // apt 2.2 holds phased updates back with a priority of 1; later ones keep them as candidates.
  if (version.phasedPercent !== undefined) return "phased"
  const releases = archiveSources(version).flatMap(({ index }) => releaseOf(index) ?? [])
  if (version.priority < 0 && releases.length > 0 && releases.every(isEntitled)) return "needs_entitlement"
  return isKeptAwayByPin(policy, version, releaseOf) ? "pinned" : undefined
}

/**
 * What the sources offer beyond the installed version: the candidate where it is newer, otherwise the newest version
 * that something keeps from being it. A candidate that is older (a pin above 1000) is no update.
 */
export const newerThan = (
  row: InstalledPackage,
  policy: PackagePolicy,
  releaseOf: ReleaseOf,
): Newer | undefined => {
  const offered = policy.versions.filter(
    (version) => !version.installed && archiveSources(version).length > 0,
  )
  const candidate = offered.find(({ version }) => version === policy.candidate)
  if (candidate !== undefined && compare(candidate.version, row.version) >= 0) {
    return { row, policy, target: candidate, rebuild: compare(candidate.version, row.version) === 0 }
  }
  for (const target of offered) {
    if (compare(target.version, row.version) <= 0) continue
    const away = whyAway(policy, target, releaseOf)
    if (away !== undefined) return { row, policy, target, away, rebuild: false }
  }
  return undefined
}

import type { Security } from "../../domain/Update.ts"
import { compare } from "../../version/deb.ts"
import { installedIndex, type PolicyVersion } from "./aptPolicy.ts"
import type { ReleaseFile, ReleaseOf } from "./aptReleases.ts"

type Evidence = Security["evidence"][number]

/** Ubuntu Pro's archives, to which a machine is entitled or not. */
export const isEntitled = ({ origin = "" }: ReleaseFile): boolean => /^UbuntuESM/i.test(origin)

/**
 * What makes a source a security source. Never the bare suite: `stable-security` becomes `oldstable-security` with
 * age. Debian and most of its derivatives have a label of their own (`Debian-Security`); others have a codename
 * (`bookworm-security`); Ubuntu has one label and one codename for all, and suites made of the codename
 * (`jammy-security`, and `jammy-apps-security` for Ubuntu Pro).
 */
export const securityEvidence = (release: ReleaseFile): Evidence | undefined => {
  const { origin = "", label = "", suite = "", codename = "" } = release
  if (/(?:^|[^a-z])security$/i.test(label)) return { kind: "label", value: label }
  if (/-security$/i.test(codename)) return { kind: "origin", value: `${origin} ${codename}`.trim() }
  const ofCodename = codename !== "" && suite.startsWith(`${codename}-`) && suite.endsWith("-security")
  return ofCodename || isEntitled(release)
    ? { kind: "origin", value: `${origin} ${suite}`.trim() }
    : undefined
}

const releasesOf = (version: PolicyVersion, releaseOf: ReleaseOf): ReadonlyArray<ReleaseFile> =>
  version.sources.flatMap(({ index }) => (index === installedIndex ? [] : (releaseOf(index) ?? [])))

const evidenceFor = (version: PolicyVersion, releaseOf: ReleaseOf): ReadonlyArray<Evidence> => {
  const found = releasesOf(version, releaseOf).flatMap((release) => securityEvidence(release) ?? [])
  return found.filter(({ value }, at) => found.findIndex((other) => other.value === value) === at)
}

/** The vendors whose security fixes come from a source of their own, which this host has enabled. */
export const securityVendors = (releases: Iterable<ReleaseFile>): ReadonlySet<string> =>
  new Set(
    [...releases].flatMap((release) =>
      release.origin !== undefined && securityEvidence(release) !== undefined ? [release.origin] : [],
    ),
  )

/**
 * Whether going from `from` to `target` mends a vulnerability. A version from a security source may lie between the
 * two, hidden by a newer one from elsewhere: then `fixedIn` is the newest such version, the lowest with every fix.
 * `no` needs a vendor that would have said so: one with a security source enabled here.
 */
export const securityOf = (options: {
  readonly from: string
  readonly target: PolicyVersion
  readonly versions: ReadonlyArray<PolicyVersion>
  readonly releaseOf: ReleaseOf
  readonly vendors: ReadonlySet<string>
}): {
  readonly verdict: Security["verdict"]
  readonly evidence: Security["evidence"]
  readonly fixedIn?: string
} => {
  const { from, target, versions, releaseOf, vendors } = options
  const evidence = evidenceFor(target, releaseOf)
  if (evidence.length > 0) return { verdict: "yes", evidence }
  const hidden = versions
    .filter(({ version }) => compare(version, from) > 0 && compare(version, target.version) < 0)
    .toSorted((a, b) => compare(b.version, a.version))
    .find((version) => evidenceFor(version, releaseOf).length > 0)
  if (hidden !== undefined) {
    return { verdict: "yes", evidence: evidenceFor(hidden, releaseOf), fixedIn: hidden.version }
  }
  const answered = releasesOf(target, releaseOf).some(
    ({ origin }) => origin !== undefined && vendors.has(origin),
  )
  return { verdict: answered ? "no" : "unknown", evidence: [] }
}

import type { Security } from "../../domain/Update.ts"
import { compare } from "../../version/rpm.ts"
import type { Advisory, Evidence } from "./dnfAdvisories.ts"
import type { Advisories } from "./dnfIndexes.ts"
import type { Offer } from "./dnfOffers.ts"

/** Advisories by name and architecture of the package. */
export type AdvisoryIndex = ReadonlyMap<string, ReadonlyArray<Advisory>>

const keyOf = ({ name, architecture }: { readonly name: string; readonly architecture: string }) =>
  `${name}.${architecture}`

export const indexAdvisories = (advisories: ReadonlyArray<Advisory>): AdvisoryIndex =>
  Map.groupBy(advisories, ({ nevra }) => keyOf(nevra))

const isSecurity = ({ evidence }: Advisory) => evidence.advisory === "security"

/** Several rows about one advisory are one piece of evidence; those about security come first. */
const evidenceOf = (advisories: ReadonlyArray<Advisory>): ReadonlyArray<Evidence> => {
  const byId = new Map(
    advisories
      .toSorted((a, b) => Number(isSecurity(b)) - Number(isSecurity(a)))
      .map(({ evidence }) => [evidence.value, evidence]),
  )
  return [...byId.values()]
}

/**
 * Whether going from `from` to `target` mends a vulnerability: an advisory of the type security names a version that
 * is newer than the one and not newer than the other. Its type decides, never the prefix of its id.
 *
 * The version with the fix may be hidden behind a newer one: then `fixedIn` is the lowest version on offer that has
 * all the fixes. `no` needs a repository with advisories; a package that changes its architecture, or takes the place
 * of another, is in none of dnf's lists of advisories.
 */
export const securityOf = (options: {
  readonly from: string
  readonly target: Offer
  /** What else there is of the package. */
  readonly offers: ReadonlyArray<Offer>
  /** Whether it replaces exactly this name and architecture. */
  readonly isSamePackage: boolean
  /** Absent when dnf could not list them. */
  readonly index: AdvisoryIndex | undefined
  readonly advisories: ReadonlyMap<string, Advisories>
}): Security => {
  const { from, target, offers, isSamePackage, index } = options
  const applicable = (index?.get(keyOf(target)) ?? []).filter(
    ({ nevra }) => compare(nevra.version, from) > 0 && compare(nevra.version, target.version) <= 0,
  )
  const evidence = evidenceOf(applicable)
  const [newest] = applicable.filter(isSecurity).toSorted((a, b) => compare(b.nevra.version, a.nevra.version))
  if (newest === undefined) {
    const isTold =
      index !== undefined && isSamePackage && options.advisories.get(target.repository) === "present"
    return { verdict: isTold ? "no" : "unknown", evidence }
  }
  const [fixed] = offers
    .filter(({ version }) => compare(version, newest.nevra.version) >= 0)
    .toSorted((a, b) => compare(a.version, b.version))
  return {
    verdict: "yes",
    evidence,
    ...(fixed === undefined || compare(fixed.version, target.version) >= 0 ? {} : { fixedIn: fixed.version }),
  }
}

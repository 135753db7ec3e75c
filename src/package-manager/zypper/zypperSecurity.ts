import type { Security } from "../../domain/Update.ts"
import { compare } from "../../version/rpm.ts"
import type { Fix, Fixes, Patch } from "./zypperPatches.ts"

/** The patches that this host lacks, and what they are about. */
export interface Advisories {
  readonly patches: ReadonlyMap<string, Patch>
  readonly fixes: Fixes["byPackage"]
  /** Whether these are all of them. */
  readonly isComplete: boolean
}

/** One update that a verdict is wanted on. */
export interface Candidate {
  readonly name: string
  /** Of the installed package. */
  readonly architecture: string
  readonly from: string
  readonly to: string
}

/** One patch that an update brings, and the version of the package that the patch asks for. */
export interface Brought {
  readonly patch: Patch
  readonly version: string
}

/** The patches an update brings. One that asks for a newer version than the update has is not brought by it. */
export const broughtBy = (
  { name, architecture, from, to }: Candidate,
  { patches, fixes }: Advisories,
): ReadonlyArray<Brought> => {
  const concerned: ReadonlyArray<Fix> = [
    ...(fixes.get(name) ?? []),
    ...(fixes.get(`${name}.${architecture}`) ?? []),
  ]
  const brought = new Map<string, Brought>()
  for (const { patch: id, version } of concerned) {
    const patch = patches.get(id)
    if (patch === undefined || compare(from, version) >= 0 || compare(to, version) < 0) continue
    brought.set(id, { patch, version })
  }
  return [...brought.values()]
}

/** The version from which on all vulnerabilities are fixed that the patches name; undefined without any. */
export const fixedFrom = (brought: ReadonlyArray<Brought>): string | undefined =>
  brought
    .filter(({ patch }) => patch.advisory === "security")
    .map(({ version }) => version)
    .toSorted(compare)
    .at(-1)

const evidenceOf = ({ patch }: Brought): Security["evidence"][number] => ({
  kind: "advisory",
  value: patch.name,
  severity: patch.severity,
  advisory: patch.advisory,
  ...(patch.cves.length === 0 ? {} : { cves: patch.cves }),
  ...(patch.restart === undefined ? {} : { restart: patch.restart }),
})

/**
 * Whether an update fixes a vulnerability. `no` only where its repository says what its updates are for, and all of
 * that was read.
 */
export const verdictOn = (
  brought: ReadonlyArray<Brought>,
  { isComplete }: Advisories,
  hasAdvisories: boolean,
): Pick<Security, "verdict" | "evidence"> => ({
  verdict: brought.some(({ patch }) => patch.advisory === "security")
    ? "yes"
    : isComplete && hasAdvisories
      ? "no"
      : "unknown",
  evidence: brought.map(evidenceOf),
})

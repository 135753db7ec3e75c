import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InstalledPackage } from "../../domain/Package.ts"
import { AvailableUpdate, type Installable, type Origin } from "../../domain/Update.ts"
import { installedIndex, type PackagePolicy, type PolicyVersion } from "./aptPolicy.ts"
import type { Newer } from "./aptNewer.ts"
import type { ReleaseOf } from "./aptReleases.ts"
import { securityOf } from "./aptSecurity.ts"
import { archiveFor, type Archives } from "./aptUris.ts"

/** What apt's planner would install, asked with more and more freedom. */
export interface Plans {
  /** `apt-get upgrade`: nothing new, nothing removed. */
  readonly plain: Archives
  /** `apt-get upgrade --with-new-pkgs`: nothing removed. */
  readonly withNew: Archives
  /** `apt-get dist-upgrade`. */
  readonly full: Archives
  /** Of what that keeps back, what apt would install if it were named. */
  readonly named: Archives
}

/** The plan, or what apt said when it refused to make one. */
export type PlanningResult = { readonly plans: Plans } | { readonly refusal: string }

const decodeUpdate = Schema.decodeUnknownOption(AvailableUpdate)

/** apt's description of an index without architecture and kind: `http://deb.example.org/debian bookworm/main`. */
const sourceId = (index: string): string => index.split(" ").slice(0, 2).join(" ")

/** Where a version comes from, with the fields of the Release file that judge it. */
export const originsOf = (version: PolicyVersion, releaseOf: ReleaseOf): ReadonlyArray<Origin> => {
  const origins = new Map<string, Origin>()
  for (const { index } of version.sources) {
    if (index === installedIndex) continue
    const { origin, label, suite, codename } = releaseOf(index) ?? {}
    origins.set(sourceId(index), {
      id: sourceId(index),
      ...(origin === undefined ? {} : { origin }),
      ...(label === undefined ? {} : { label }),
      ...(suite === undefined ? {} : { suite }),
      ...(codename === undefined ? {} : { codename }),
    })
  }
  return [...origins.values()]
}

type Withheld = Extract<Installable, { answer: "no" }>

const no = (reason: Withheld["reason"], detail: string): Withheld => ({ answer: "no", reason, detail })

const phased = (percent: number): Withheld => ({
  ...no("phased", `offered to ${percent}% of hosts so far, and this one is not among them`),
  phasedPercent: percent,
})

/** Whether a candidate that is in no plan still has a reason of its own, so that the planner need not be asked. */
const ownReason = ({ row, target, away, policy }: Newer): Withheld | undefined => {
  if (row.held === true) return no("held", `apt-mark unhold ${policy.name} releases it`)
  if (away === "needs_entitlement") {
    return no("needs_entitlement", "offered by Ubuntu Pro, which this host is not attached to")
  }
  if (away === "pinned")
    return no("pinned", `a pin keeps apt at ${policy.candidate ?? row.version}: see apt-cache policy`)
  return target.phasedPercent === undefined ? undefined : phased(target.phasedPercent)
}

const judge = (newer: Newer, plans: Plans): Installable => {
  const { row, target } = newer
  const isIn = (plan: Archives) => archiveFor(plan, row, target.version) !== undefined
  if (isIn(plans.plain)) return { answer: "yes" }
  const own = ownReason(newer)
  if (own !== undefined) return own
  if (isIn(plans.withNew)) return no("needs_new_dependency", "it needs packages that are not installed yet")
  if (isIn(plans.full) || isIn(plans.named))
    return no("needs_removal", "it can be installed only if other packages are removed")
  return no("conflict", "apt keeps it back: what it depends on is not to be had from the enabled sources")
}

/** What neither a reason of its own nor this plan explains: worth asking the planner with more freedom. */
export const isUnexplained = (newer: Newer, plan: Archives): boolean =>
  !newer.rebuild &&
  ownReason(newer) === undefined &&
  archiveFor(plan, newer.row, newer.target.version) === undefined

/** Another build of the installed version is an update only if apt would install it. */
export const isWanted = (newer: Newer, planning: PlanningResult): boolean =>
  !newer.rebuild ||
  ("plans" in planning && archiveFor(planning.plans.plain, newer.row, newer.target.version) !== undefined)

/** One row of the listing. None when a version or name is not one that may be sent. */
export const availableUpdate = (
  newer: Newer,
  planning: PlanningResult,
  context: { readonly releaseOf: ReleaseOf; readonly vendors: ReadonlySet<string> },
): Option.Option<AvailableUpdate> => {
  const { row, policy, target } = newer
  const archive = "plans" in planning ? archiveFor(planning.plans.full, row, target.version) : undefined
  return decodeUpdate({
    manager: "apt",
    name: row.name,
    architecture: row.architecture,
    from: row.version,
    to: target.version,
    origins: originsOf(target, context.releaseOf),
    security: securityOf({ from: row.version, target, versions: policy.versions, ...context }),
    installable:
      "plans" in planning
        ? judge(newer, planning.plans)
        : (ownReason(newer) ?? no("blocked_by_manager", `apt plans nothing at all: ${planning.refusal}`)),
    ...(archive === undefined ? {} : { downloadBytes: archive.bytes }),
  })
}

/** Pairs what is installed with what apt says of it. */
export const withPolicies = (
  rows: ReadonlyArray<InstalledPackage>,
  policies: ReadonlyArray<PackagePolicy>,
  nameOf: (row: InstalledPackage) => string,
): {
  readonly pairs: ReadonlyArray<readonly [InstalledPackage, PackagePolicy]>
  readonly unanswered: number
} => {
  const byName = new Map(policies.map((policy) => [policy.name, policy]))
  const pairs = rows.flatMap((row) => {
    const policy = byName.get(nameOf(row))
    return policy === undefined ? [] : [[row, policy] as const]
  })
  return { pairs, unanswered: rows.length - pairs.length }
}

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import { osRelease } from "../../host/osRelease.ts"
import type { ManagerError, UpdateListing } from "../PackageManager.ts"
import { policies, upgradeUris } from "./aptCommands.ts"
import { aptFailure, notRun } from "./aptFailure.ts"
import { complaintOf } from "./aptMessages.ts"
import { newerThan, type Newer } from "./aptNewer.ts"
import { attachedChannels, originsOfForeign } from "./aptOrigins.ts"
import { parsePolicies, type PackagePolicy } from "./aptPolicy.ts"
import { releaseFinder } from "./aptReleases.ts"
import { securityVendors } from "./aptSecurity.ts"
import { availableUpdate, isUnexplained, isWanted, withPolicies, type PlanningResult } from "./aptUpdates.ts"
import { archivesOf, newPackages, parseUris, type Archives } from "./aptUris.ts"
import { collectIndexes, type AptReadDependencies } from "./collectIndexes.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import { collectKeptBack } from "./collectKeptBack.ts"
import { collectInventory } from "./collectInventory.ts"
import { aptName, nativeArchitecture } from "./dpkgQuery.ts"

interface Collected<A> {
  readonly value: A
  readonly reasons: ReadonlyArray<PartialReason>
}

const nothing: Archives = new Map()

/** The version tables of all these packages. */
export const collectPolicies = Effect.fnUntraced(function* (
  { subprocess }: AptReadDependencies,
  operation: string,
  names: ReadonlyArray<string>,
) {
  const packages: Array<PackagePolicy> = []
  const reasons: Array<PartialReason> = []
  for (const request of policies(names)) {
    const result = yield* subprocess.run(request).pipe(notRun(operation))
    if (result.exitCode !== 0) return yield* aptFailure(operation, result)
    const parsed = parsePolicies(result.stdout)
    for (const policy of parsed.packages) packages.push(policy)
    reasons.push(...notUnderstood("apt", "apt-cache policy", parsed.notUnderstood))
    reasons.push(...cutShort("apt", "apt-cache policy", result.truncated))
  }
  return { value: packages, reasons } satisfies Collected<ReadonlyArray<PackagePolicy>>
})

/** One of the three plans, or the words in which apt refuses to make any. */
const plan = Effect.fnUntraced(function* (
  { subprocess }: AptReadDependencies,
  mode: Parameters<typeof upgradeUris>[0],
): Effect.fn.Return<Collected<{ readonly archives: Archives } | { readonly refusal: string }>, ManagerError> {
  const result = yield* subprocess.run(upgradeUris(mode)).pipe(notRun("updates"))
  if (result.exitCode !== 0) return { value: { refusal: complaintOf(result) }, reasons: [] }
  const uris = parseUris(result.stdout)
  const { archives, notUnderstood: files } = archivesOf(uris.files)
  return {
    value: { archives },
    reasons: [
      ...notUnderstood("apt", `apt-get ${mode}`, uris.notUnderstood + files),
      ...cutShort("apt", `apt-get ${mode}`, result.truncated),
    ],
  }
})

/**
 * What apt would install, with as few questions as tell every update from a kept-back one. Each costs half of an
 * `apt-get -s dist-upgrade`. `upgrade --with-new-pkgs` comes first: if it has nothing new, a plain `upgrade` is the
 * same, and if it leaves nothing unexplained, `dist-upgrade` is.
 */
const collectPlans = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  rows: ReadonlyArray<InstalledPackage>,
  newer: ReadonlyArray<Newer>,
): Effect.fn.Return<Collected<PlanningResult>, ManagerError> {
  const reasons: Array<PartialReason> = []
  const ask = Effect.fnUntraced(function* (mode: Parameters<typeof upgradeUris>[0]) {
    const answer = yield* plan(dependencies, mode)
    reasons.push(...answer.reasons)
    return answer.value
  })
  const refused = (refusal: string): Collected<PlanningResult> => ({
    value: { refusal },
    reasons: [
      ...reasons,
      { manager: "apt", code: "collector_failed", detail: `apt cannot plan updates: ${refusal}` },
    ],
  })
  if (newer.length === 0) {
    return { value: { plans: { plain: nothing, withNew: nothing, full: nothing, named: nothing } }, reasons }
  }
  const withNew = yield* ask("upgrade-with-new")
  if ("refusal" in withNew) return refused(withNew.refusal)
  const plain = newPackages(withNew.archives, rows) === 0 ? withNew : yield* ask("upgrade")
  if ("refusal" in plain) return refused(plain.refusal)
  const leftOver = newer.some((entry) => isUnexplained(entry, withNew.archives))
  const full = leftOver ? yield* ask("dist-upgrade") : withNew
  if ("refusal" in full) return refused(full.refusal)
  const keptBack = leftOver ? newer.filter((entry) => isUnexplained(entry, full.archives)) : []
  const named = yield* collectKeptBack(dependencies, keptBack)
  return {
    value: { plans: { plain: plain.archives, withNew: withNew.archives, full: full.archives, named } },
    reasons,
  }
})

/**
 * Everything newer than what is installed. The version tables say what there is, so that an update apt keeps back
 * is not lost; the plans say what apt would do about it; the Release files, what it is worth. Tables and Release files
 * also tell which installed packages are not the distribution's, and whether Ubuntu Pro is attached.
 */
export const collectUpdates = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
): Effect.fn.Return<UpdateListing, ManagerError> {
  const { packages: rows } = yield* collectInventory(dependencies, "updates")
  const indexes = yield* collectIndexes(dependencies)
  const native = nativeArchitecture(rows)
  const nameOf = (row: InstalledPackage) => aptName(row, native)
  const tables = yield* collectPolicies(dependencies, "updates", rows.map(nameOf))
  const { pairs, unanswered } = withPolicies(rows, tables.value, nameOf)

  const releaseOf = releaseFinder(indexes.releases)
  const vendors = securityVendors(indexes.releases.values())
  const newer = pairs.flatMap(([row, policy]) => newerThan(row, policy, releaseOf) ?? [])
  const planning = yield* collectPlans(dependencies, rows, newer)

  const wanted = newer.filter((entry) => isWanted(entry, planning.value))
  const updates = wanted.flatMap((entry) =>
    Option.toArray(availableUpdate(entry, planning.value, { releaseOf, vendors })),
  )
  const system = osRelease(
    yield* Effect.orElseSucceed(dependencies.fs.readFileString("/etc/os-release"), () => ""),
  )
  const detail = `apt-cache policy left out ${unanswered} packages`
  const silent: ReadonlyArray<PartialReason> =
    unanswered === 0 ? [] : [{ manager: "apt", code: "collector_failed", detail }]
  return {
    updates,
    origins: originsOfForeign(pairs, releaseOf, system.get("ID") ?? ""),
    channels: attachedChannels(pairs, indexes.releases.values(), releaseOf),
    indexes: indexes.states,
    reasons: [
      ...indexes.reasons,
      ...tables.reasons,
      ...silent,
      ...planning.reasons,
      ...notUnderstood("apt", "the update listing", wanted.length - updates.length),
    ],
  }
})

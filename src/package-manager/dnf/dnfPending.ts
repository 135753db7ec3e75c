import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import { compare } from "../../version/rpm.ts"
import { sameArchitecture } from "../packageOutcomes.ts"
import { formatNevra } from "../rpm/nevra.ts"
import type { TableRow, TransactionTable } from "./dnfTransactionTable.ts"
import type { Offer } from "./dnfOffers.ts"

/** An installed package for which repositories have something newer. */
export interface Pending {
  /** The installed one; of several side by side, such as kernels, the newest. */
  readonly row: InstalledPackage
  /** All that is newer, newest first. */
  readonly offers: readonly [Offer, ...ReadonlyArray<Offer>]
}

type Subject = { readonly name: string; readonly architecture: string }

const keyOf = ({ name, architecture }: Subject) => `${name}.${architecture}`

/** The newest of each installed package. */
const newestInstalled = (packages: ReadonlyArray<InstalledPackage>) => {
  const newest = new Map<string, InstalledPackage>()
  for (const row of packages) {
    const other = newest.get(keyOf(row))
    if (other === undefined || compare(row.version, other.version) > 0) newest.set(keyOf(row), row)
  }
  return newest
}

/** Pairs what is offered with what is installed, also where a package becomes, or ceases to be, `noarch`. */
export const pendingOf = (
  packages: ReadonlyArray<InstalledPackage>,
  offers: ReadonlyArray<Offer>,
): ReadonlyArray<Pending> => {
  const installed = newestInstalled(packages)
  const byName = Map.groupBy(installed.values(), ({ name }) => name)
  const found = new Map<InstalledPackage, Array<Offer>>()
  for (const offer of offers) {
    const row =
      installed.get(keyOf(offer)) ??
      byName.get(offer.name)?.find((other) => sameArchitecture(other.architecture, offer.architecture))
    if (row === undefined || compare(offer.version, row.version) <= 0) continue
    const others = found.get(row)
    if (others === undefined) found.set(row, [offer])
    else others.push(offer)
  }
  return [...found].flatMap(([row, all]): ReadonlyArray<Pending> => {
    const [newest, ...rest] = all.toSorted((a, b) => compare(b.version, a.version))
    return newest === undefined ? [] : [{ row, offers: [newest, ...rest] }]
  })
}

/** What the table would install of this package. */
export const plannedOffer = ({ offers }: Pending, table: TransactionTable): Offer | undefined =>
  offers.find((offer) =>
    table.installs.some(
      ({ name, architecture, version }) =>
        name === offer.name && architecture === offer.architecture && version === offer.version,
    ),
  )

/**
 * Upgrades that dnf plans and has not listed: one of its two answers lacks something. Those of what is not installed
 * under that name are none of these.
 */
export const unlistedUpgrades = (
  pending: ReadonlyArray<Pending>,
  table: TransactionTable,
): ReadonlyArray<PackageName> => {
  const listed = new Set(pending.flatMap(({ offers }) => offers.map(formatNevra)))
  return table.installs.flatMap((row) =>
    row.action === "upgrade" && !listed.has(formatNevra(row)) ? [row.name] : [],
  )
}

/** Whether the table replaces the package by another one, which is told instead. */
export const isReplaced = ({ row }: Pending, table: TransactionTable): boolean =>
  table.removals.some(({ name, replacedBy }) => name === row.name && replacedBy !== undefined)

/** A package that would come in place of others. */
export interface Replacement {
  readonly replaced: InstalledPackage
  readonly by: TableRow
}

/** Packages that are not installed and would replace installed ones: no offer is newer than these, but dnf upgrades to them. */
export const replacementsOf = (
  packages: ReadonlyArray<InstalledPackage>,
  table: TransactionTable,
): ReadonlyArray<Replacement> => {
  const names = new Set<string>(packages.map(({ name }) => name))
  const found = new Map<PackageName, Replacement>()
  for (const { name, version, replacedBy } of table.removals) {
    if (replacedBy === undefined || names.has(replacedBy) || found.has(replacedBy)) continue
    const replaced = packages.find((row) => row.name === name && row.version === version)
    const by = table.installs.find((row) => row.name === replacedBy)
    if (replaced !== undefined && by !== undefined) found.set(replacedBy, { replaced, by })
  }
  return [...found.values()]
}

/** What the table installs that was not there under any version, and replaces nothing: new dependencies. */
export const newDependencies = (
  packages: ReadonlyArray<InstalledPackage>,
  table: TransactionTable,
): ReadonlyArray<PackageName> => {
  const known = new Set<string>([
    ...packages.map(({ name }) => name),
    ...table.removals.flatMap(({ replacedBy }) => replacedBy ?? []),
  ])
  return [...new Set(table.installs.flatMap(({ name }) => (known.has(name) ? [] : [name])))]
}

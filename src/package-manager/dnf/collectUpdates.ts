import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import { shortened } from "../outputText.ts"
import type { ManagerError, UpdateListing } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import { collectRpmInventory } from "../rpm/rpmDatabase.ts"
import { formatNevra } from "../rpm/nevra.ts"
import { collectAdvisories } from "./collectAdvisories.ts"
import { collectHolds } from "./collectHolds.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectOffersNamed, collectUpgrades, type CollectedOffers } from "./collectOffers.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { isHeld, isRefused, type Hold } from "./dnfHolds.ts"
import type { DnfRepository } from "./dnfRepositories.ts"
import type { Offer } from "./dnfOffers.ts"
import {
  isReplaced,
  newDependencies,
  pendingOf,
  plannedOffer,
  replacementsOf,
  unlistedUpgrades,
  type Pending,
} from "./dnfPending.ts"
import { indexAdvisories } from "./dnfSecurity.ts"
import type { TransactionTable } from "./dnfTransactionTable.ts"
import { forceUpgrades, needingNew, planUpgrade } from "./dnfTrials.ts"
import { availableUpdate, replacingUpdate } from "./dnfUpdates.ts"
import { needingRemoval } from "./yumConflicts.ts"

/** Without those that only a repository has of which the administrator takes other packages. */
const taken = (
  offers: ReadonlyArray<Offer>,
  visible: ReadonlySet<string>,
  repositories: ReadonlyArray<DnfRepository>,
): ReadonlyArray<Offer> => {
  const selective = new Set(repositories.flatMap(({ id, isSelective }) => (isSelective ? [id] : [])))
  return offers.filter((offer) => !selective.has(offer.repository) || visible.has(formatNevra(offer)))
}

/** What is pending, and what of it configuration hides from dnf. The second question is only asked if it may matter. */
const collectPending = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
  rows: ReadonlyArray<InstalledPackage>,
  repositories: ReadonlyArray<DnfRepository>,
  table: TransactionTable,
) {
  const all = yield* collectUpgrades(dependencies, dialect, "none")
  const isUnexplained = (pending: Pending) =>
    plannedOffer(pending, table) === undefined && !isReplaced(pending, table)
  const first = pendingOf(rows, all.offers)
  const unlisted = unlistedUpgrades(first, table)
  const doubts: ReadonlyArray<PartialReason> =
    unlisted.length === 0
      ? []
      : [
          {
            manager: "dnf",
            code: "collector_failed",
            detail: shortened(`dnf would upgrade what it does not list: ${unlisted.join(" ")}`),
          },
        ]
  if (!first.some(isUnexplained)) {
    return {
      pending: first.filter((entry) => !isReplaced(entry, table)),
      visible: undefined,
      reasons: [...all.reasons, ...doubts],
    }
  }
  const shown: CollectedOffers = yield* collectUpgrades(dependencies, dialect, "as configured")
  const visible = new Set(shown.offers.map(formatNevra))
  return {
    pending: pendingOf(rows, taken(all.offers, visible, repositories)).filter(
      (entry) => !isReplaced(entry, table),
    ),
    visible,
    reasons: [...all.reasons, ...shown.reasons, ...doubts],
  }
})

/**
 * Whether configuration keeps every newer version away. dnf4 hides what is excluded from all its answers, but what is
 * locked only from its plans; dnf5 and yum hide both from both.
 */
const heldBack =
  (holds: ReadonlyArray<Hold>, visible: ReadonlySet<string> | undefined) =>
  ({ row, offers }: Pending): boolean =>
    isHeld(holds, row) ||
    offers.every(
      (offer) => (visible !== undefined && !visible.has(formatNevra(offer))) || isRefused(holds, offer),
    )

/**
 * Everything newer than what is installed. The repositories say what there is, with all that hides packages switched
 * off; a plan of an upgrade says what dnf would do about it; what it leaves out is asked for once more. Nothing is
 * downloaded, and a repository without metadata is a reason.
 */
export const collectUpdates = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
): Effect.fn.Return<UpdateListing, ManagerError> {
  const indexes = yield* collectIndexes(dependencies, "updates")
  // dnf has nothing to answer from.
  if (indexes.states.every(({ ageSeconds }) => ageSeconds === undefined)) {
    return { updates: [], indexes: indexes.states, reasons: indexes.reasons }
  }
  const dialect = yield* dependencies.dialect
  const { packages: rows } = yield* collectRpmInventory(dependencies, "dnf", "updates")
  const planned = yield* planUpgrade(dependencies, dialect)
  const { table, refusal, reasons: planReasons } = planned
  const found = yield* collectPending(dependencies, dialect, rows, indexes.repositories, table)
  const { holds } = yield* collectHolds(dependencies, dialect.kind)
  const isKept = heldBack(holds, found.visible)

  const lacksDependency = new Set(
    table.skipped.flatMap(({ name, because }) => (because === "dependencies" ? [name] : [])),
  )
  const forced = yield* forceUpgrades(
    dependencies,
    dialect,
    refusal !== undefined
      ? []
      : found.pending.flatMap((pending) =>
          plannedOffer(pending, table) === undefined &&
          !isKept(pending) &&
          !lacksDependency.has(pending.row.name)
            ? [pending.row.name]
            : [],
        ),
  )
  const needNew = yield* needingNew(dependencies, dialect, table, newDependencies(rows, table))
  const replacements = replacementsOf(rows, table)
  const replacing =
    replacements.length === 0
      ? []
      : yield* collectOffersNamed(
          dependencies,
          dialect,
          "updates",
          replacements.map(({ by }) => by.name),
        )
  const isEmpty = found.pending.length === 0 && replacements.length === 0
  const security = isEmpty ? { reasons: [] } : yield* collectAdvisories(dependencies, dialect)

  const knowledge = {
    index: security.advisories === undefined ? undefined : indexAdvisories(security.advisories),
    advisories: indexes.advisories,
  }
  const judgement = {
    table,
    ...(refusal === undefined ? {} : { refusal }),
    isHeld: isKept,
    needNew,
    forced: new Map([
      ...forced,
      ...needingRemoval(planned.conflicts, rows).map(({ name }) => [name, "with removals"] as const),
    ]),
  }
  const updates = [
    ...found.pending.map((pending) => availableUpdate(pending, judgement, knowledge)),
    ...replacements.map((replacement) => replacingUpdate(replacement, replacing, needNew, knowledge)),
  ]
  return {
    updates: updates.flatMap((update) => Option.toArray(update)),
    indexes: indexes.states,
    reasons: [
      ...indexes.reasons,
      ...planReasons,
      ...found.reasons,
      ...security.reasons,
      ...notUnderstood("dnf", "the update listing", updates.filter(Option.isNone).length),
    ],
  }
})

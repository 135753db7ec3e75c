import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AvailableUpdate, type HoldbackReason, type Installable } from "../../domain/Update.ts"
import type { Advisories } from "./dnfIndexes.ts"
import type { Offer } from "./dnfOffers.ts"
import { plannedOffer, type Pending, type Replacement } from "./dnfPending.ts"
import { securityOf, type AdvisoryIndex } from "./dnfSecurity.ts"
import type { TransactionTable } from "./dnfTransactionTable.ts"

/** What became of an upgrade that dnf does not make by itself, when it was forced to. */
export type Forced = "possible" | "with removals" | "impossible" | "not considered"

/** What is known about carrying the updates out. */
export interface Judgement {
  readonly table: TransactionTable
  /** Why dnf plans nothing at all, in its words. */
  readonly refusal?: string
  /** Whether configuration keeps every newer version of the package away. */
  readonly isHeld: (pending: Pending) => boolean
  /** Names of upgrades that need packages which are not installed. */
  readonly needNew: ReadonlySet<string>
  /** Trials by name of the package; those of which the table says that dependencies are missing need none. */
  readonly forced: ReadonlyMap<string, Forced>
}

export interface SecurityKnowledge {
  readonly index: AdvisoryIndex | undefined
  readonly advisories: ReadonlyMap<string, Advisories>
}

const no = (reason: HoldbackReason, detail: string): Installable => ({ answer: "no", reason, detail })

const unsatisfiable = no("conflict", "what it depends on is not to be had from the enabled repositories")

const newDependency = no("needs_new_dependency", "it needs packages that are not installed yet")

const judgeForced = (name: string, forced: Forced | undefined): Installable => {
  switch (forced) {
    case "with removals":
      return no("needs_removal", "it can be installed only if other packages are removed")
    case "not considered":
      return no("pinned", "dnf does not consider it: a repository of higher priority has the package too")
    case "possible":
      return no(
        "conflict",
        `dnf leaves it out of a general upgrade, but dnf upgrade ${name} would install it`,
      )
    default:
      return unsatisfiable
  }
}

const judge = (pending: Pending, { table, refusal, isHeld, needNew, forced }: Judgement): Installable => {
  const { name } = pending.row
  if (plannedOffer(pending, table) !== undefined) {
    return needNew.has(name) ? newDependency : { answer: "yes" }
  }
  if (isHeld(pending)) {
    return no("held", "a version lock or an exclude of dnf keeps it back")
  }
  return refusal === undefined
    ? judgeForced(name, forced.get(name))
    : no("blocked_by_manager", `dnf plans nothing at all: ${refusal}`)
}

const decodeUpdate = Schema.decodeUnknownOption(AvailableUpdate)

const originsOf = (offers: ReadonlyArray<Offer>, { version }: Offer) =>
  [...new Set(offers.filter((offer) => offer.version === version).map(({ repository }) => repository))].map(
    (id) => ({ id }),
  )

const sizeOf = ({ downloadBytes }: Offer) => (downloadBytes === undefined ? {} : { downloadBytes })

/** One row of the listing, with the version that dnf would install, or else the newest. None when it cannot be sent. */
export const availableUpdate = (
  pending: Pending,
  judgement: Judgement,
  { index, advisories }: SecurityKnowledge,
): Option.Option<AvailableUpdate> => {
  const { row, offers } = pending
  const target = plannedOffer(pending, judgement.table) ?? offers[0]
  return decodeUpdate({
    manager: "dnf",
    name: row.name,
    architecture: row.architecture,
    from: row.version,
    to: target.version,
    origins: originsOf(offers, target),
    security: securityOf({
      from: row.version,
      target,
      offers,
      isSamePackage: target.architecture === row.architecture,
      index,
      advisories,
    }),
    installable: judge(pending, judgement),
    ...sizeOf(target),
  })
}

/** The row of a package that would come in place of an installed one, from whose version it starts. */
export const replacingUpdate = (
  { replaced, by }: Replacement,
  offers: ReadonlyArray<Offer>,
  needNew: ReadonlySet<string>,
  { index, advisories }: SecurityKnowledge,
): Option.Option<AvailableUpdate> => {
  const own = offers.filter(
    ({ name, architecture, version }) =>
      name === by.name && architecture === by.architecture && version === by.version,
  )
  const target: Offer = own[0] ?? { ...by, repository: "" }
  return decodeUpdate({
    manager: "dnf",
    name: by.name,
    architecture: by.architecture,
    from: replaced.version,
    to: by.version,
    origins: originsOf(own, target),
    security: securityOf({
      from: replaced.version,
      target,
      offers: own,
      isSamePackage: false,
      index,
      advisories,
    }),
    installable: needNew.has(by.name) ? newDependency : { answer: "yes" },
    ...sizeOf(target),
  })
}

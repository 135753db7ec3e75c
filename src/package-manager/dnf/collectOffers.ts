import * as Effect from "effect/Effect"
import type { PartialReason } from "../../domain/Scan.ts"
import type { ManagerError } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import { offersNamed, upgrades, type Filters } from "./dnfCommands.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { parseOffers, parseYumList, type Offer } from "./dnfOffers.ts"
import { ask, dnfFailure } from "./dnfRead.ts"

export interface CollectedOffers {
  readonly offers: ReadonlyArray<Offer>
  readonly reasons: ReadonlyArray<PartialReason>
}

/** With which yum says that there are updates. */
const hasUpdates = 100

/** What of the repositories is newer than what is installed, with or without what hides packages. */
export const collectUpgrades = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
  filters: Filters,
): Effect.fn.Return<CollectedOffers, ManagerError> {
  const result = yield* ask(dependencies, dialect, "updates", upgrades(dialect, filters))
  const isYum = dialect.kind === "yum3"
  if (result.exitCode !== 0 && !(isYum && result.exitCode === hasUpdates)) {
    return yield* dnfFailure("updates", result)
  }
  const parsed = isYum ? parseYumList(result.stdout) : parseOffers(result.stdout)
  const what = `${dialect.program} ${isYum ? "check-update" : "repoquery"}`
  return {
    offers: parsed.offers,
    reasons: [
      ...notUnderstood("dnf", what, parsed.notUnderstood),
      ...cutShort("dnf", what, result.truncated),
    ],
  }
})

/** All versions that the repositories have of these packages. A name that none has costs the others nothing. */
export const collectOffersNamed = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
  operation: string,
  names: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlyArray<Offer>, ManagerError> {
  const result = yield* ask(dependencies, dialect, operation, offersNamed(dialect, names))
  return (dialect.kind === "yum3" ? parseYumList(result.stdout) : parseOffers(result.stdout)).offers
})

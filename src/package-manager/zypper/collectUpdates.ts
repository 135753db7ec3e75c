import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import type { ManagerError, UpdateListing } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { Objection } from "../updateSelection.ts"
import { askZypper } from "./askZypper.ts"
import { collectAdvisories } from "./collectAdvisories.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectInventory, readLocks } from "./collectInventory.ts"
import { collectKeptBack } from "./collectKeptBack.ts"
import { collectSolverPlan } from "./collectSolverPlan.ts"
import { evaluateUpdates } from "./evaluateUpdates.ts"
import { allUpdates } from "./zypperCommands.ts"
import { isLocked } from "./zyppLocks.ts"
import { severalArchitectures } from "./zypperTrial.ts"
import { availableUpdate, keyOf, parseUpdates, type Newer } from "./zypperUpdates.ts"

/** The same doubt may come with the answers to several questions. */
const unique = (reasons: ReadonlyArray<PartialReason>): ReadonlyArray<PartialReason> =>
  reasons.filter(
    (reason, at) =>
      reasons.findIndex(({ code, detail }) => code === reason.code && detail === reason.detail) === at,
  )

/** What zypper would install in the place of each package, and of the others the highest there is. */
const merged = (planned: ReadonlyMap<string, Newer>, listed: ReadonlyArray<Newer>): ReadonlyArray<Newer> => {
  const highest = new Map(listed.map((row) => [keyOf(row), row]))
  const chosen = [...planned.values()].map((row) => {
    const same = highest.get(keyOf(row))
    return row.repository === undefined && same?.to === row.to ? same : row
  })
  return [...chosen, ...listed.filter((row) => !planned.has(keyOf(row)))]
}

/** Those that a lock keeps as they are, or keeps from this version. */
const collectLocked = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  installed: ReadonlyArray<InstalledPackage>,
  rows: ReadonlyArray<Newer>,
) {
  const locks = yield* readLocks(dependencies)
  const held = new Set(installed.filter((row) => row.held === true).map(keyOf))
  const objection: Objection = { reason: "held", detail: "zypper removelock releases it: see zypper locks" }
  return new Map(
    rows
      .filter(
        (row) => held.has(keyOf(row)) || isLocked(locks, { name: row.name, version: row.to }, row.repository),
      )
      .map((row) => [keyOf(row), objection]),
  )
})

/**
 * Everything newer than what is installed. zypper's list of the highest versions says what there is, so that an update
 * it keeps back is not lost; its plan says what it would do about it; its patches, what it is worth.
 */
export const collectUpdates = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
): Effect.fn.Return<UpdateListing, ManagerError> {
  const { packages: installed } = yield* collectInventory(dependencies, "updates")
  const indexes = yield* collectIndexes(dependencies, "updates")
  const { scope, states, repositories } = indexes
  if (scope === "none") return { updates: [], indexes: states, reasons: indexes.reasons }

  const list = yield* askZypper(dependencies, "updates", allUpdates(scope))
  const { rows: listed, notUnderstood: lost } = parseUpdates(list.stream)
  const plan = yield* collectSolverPlan(dependencies, scope, repositories, installed)
  const advisories = yield* collectAdvisories(dependencies, scope)

  const planned = plan.planned ?? new Map<string, Newer>()
  const rows = merged(planned, listed).filter(({ name }) => !plan.replaced.has(name))
  const left = rows.filter((row) => !planned.has(keyOf(row)))
  const locked = yield* collectLocked(dependencies, installed, left)
  const keptBack = yield* collectKeptBack(
    dependencies,
    { scope, severalArchitectures: severalArchitectures(installed), obsoletes: new Map() },
    repositories,
    plan.planned === undefined ? [] : left.filter((row) => !locked.has(keyOf(row))),
  )
  const { evaluated, reasons } = yield* evaluateUpdates(dependencies, indexes, rows, advisories)
  const goesFirst = evaluated
    .filter((row) => planned.has(keyOf(row)))
    .flatMap(({ brought }) => brought.filter(({ patch }) => patch.goesFirst))[0]?.patch.name
  const withAdvisories = new Set(
    repositories.filter(({ repomd }) => repomd?.hasAdvisories === true).map(({ alias }) => alias),
  )
  const situation = {
    planned: plan.planned ?? { refusal: plan.refusal ?? "" },
    objections: new Map([...keptBack, ...locked]),
    needNewPackages: plan.needNewPackages,
    goesFirst,
    advisories,
    hasAdvisories: (id: string) => withAdvisories.has(id),
  }
  const updates = evaluated.flatMap((entry) => Option.toArray(availableUpdate(entry, situation)))
  return {
    updates,
    indexes: states,
    reasons: unique([
      ...indexes.reasons,
      ...list.reasons,
      ...notUnderstood("zypper", "zypper list-updates", lost + evaluated.length - updates.length),
      ...plan.reasons,
      ...advisories.reasons,
      ...reasons,
    ]),
  }
})

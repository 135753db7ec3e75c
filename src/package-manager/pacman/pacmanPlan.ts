import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import type { InstalledPackage } from "../../domain/Package.ts"
import { planDigest } from "../../domain/snapshot.ts"
import type { AvailableUpdate } from "../../domain/Update.ts"
import { compare } from "../../version/pacman.ts"
import type { PackageManager } from "../PackageManager.ts"
import { planUpdates, type Planner } from "../planUpdates.ts"
import { preflight, type ReadDependencies } from "../preflight.ts"
import type { Known } from "../updateSelection.ts"
import { tooYoung } from "../versionAge.ts"
import { inventoryRows } from "./collectInventory.ts"
import { collectRecords, collectUpgrade, type PendingUpgrade } from "./collectUpgrade.ts"
import { databaseDates } from "./pacmanAge.ts"
import { notRun } from "./pacmanCommands.ts"
import { preconditions } from "./pacmanPreflight.ts"
import { availableUpdates } from "./pacmanUpdates.ts"
import { changesOf, consequencesOf } from "./upgradeChanges.ts"
import { tryWhole, whyPartial } from "./wholeOrNothing.ts"

export interface PlanDependencies extends ReadDependencies {
  readonly isRoot: boolean
}

/** What the repositories offer of the packages that the selection names: of an installed one, what is pending. */
const offers = Effect.fnUntraced(function* (
  dependencies: PlanDependencies,
  request: InstallUpdates,
  { indexes, records }: PendingUpgrade,
  rows: ReadonlyArray<InstalledPackage>,
  updates: ReadonlyArray<AvailableUpdate>,
) {
  const asked = request.selection.kind === "packages" ? request.selection.packages : []
  const known = new Set(records.map(({ name }) => name))
  const others = asked.map(({ name }): string => name).filter((name) => !known.has(name))
  const found = yield* collectRecords(dependencies, "plan", indexes.folder, [...new Set(others)])
  const installed = new Set<string>(rows.map(({ name }) => name))
  const offersOf: Known["offersOf"] = (name) => {
    const update = updates.find((row) => row.name === name)
    if (update !== undefined) return { candidate: update.to, versions: [{ version: update.to }] }
    const offered = [...records, ...found.records].filter((record) => record.name === name)
    const [first] = offered
    if (first === undefined) return undefined
    const versions = installed.has(name) ? [] : offered.map(({ version }) => ({ version }))
    return { candidate: first.version, versions }
  }
  return offersOf
})

/** The repository that a version comes from, also that of the successor of a package which is replaced. */
const repositoryOf = (updates: ReadonlyArray<AvailableUpdate>, { prospect }: PendingUpgrade) => {
  const installs = "upgrade" in prospect ? prospect.upgrade.installs : []
  return (name: string) =>
    installs.find((install) => install.name === name)?.repository ??
    updates.find((update) => update.name === name)?.origins[0]?.id
}

/** A successor was asked for as much as the package that it replaces. */
const withSuccessors = (plan: InstallPlan, { prospect }: PendingUpgrade): InstallPlan => {
  if ("refusal" in prospect || plan.installs.length === 0) return plan
  const successors = new Set([...prospect.upgrade.replaced.values()].map(({ name }) => name))
  const installs = plan.installs.map((row) =>
    successors.has(row.name) ? { ...row, role: "requested" as const } : row,
  )
  return { ...plan, installs, digest: planDigest({ installs, removals: plan.removals }) }
}

/** `PackageManager.plan` for pacman: the whole upgrade, or nothing. */
export const makePlan = (dependencies: PlanDependencies): PackageManager["Service"]["plan"] =>
  Effect.fn("PacmanPackageManager.plan")(function* (request: InstallUpdates) {
    const pending = yield* collectUpgrade(dependencies, "plan")
    const { installed, faults, indexes, prospect } = pending
    const rows = inventoryRows(installed, indexes.settings)
    const { updates } = availableUpdates(pending, request.allow_removals ?? false)
    const known: Known = {
      manager: "pacman",
      compare,
      installed: rows,
      updates,
      offersOf: yield* offers(dependencies, request, pending, rows, updates),
    }
    const now = yield* DateTime.now
    const originOf = repositoryOf(updates, pending)
    const youth: Planner["youth"] = (_, hours) =>
      Effect.succeed(({ name }) =>
        tooYoung(databaseDates(originOf(name), indexes.folder, indexes.files), Duration.hours(hours), now),
      )
    const hours = request.min_age_hours ?? 0
    const young = yield* youth([], hours)
    const upgrade = "upgrade" in prospect ? prospect.upgrade : undefined
    const changes = upgrade === undefined ? undefined : Option.getOrUndefined(changesOf(upgrade, installed))
    const plan = yield* planUpdates(request, {
      known,
      refusal:
        changes === undefined
          ? undefined
          : whyPartial(request, known, changes, (target) => hours > 0 && young(target) !== undefined),
      attempt: (targets, allowRemovals) =>
        Effect.succeed(tryWhole(prospect, changes, targets, allowRemovals)),
      youth,
      consequences: () =>
        Effect.succeed(
          consequencesOf(upgrade ?? { installs: [], replaced: new Map(), excluded: new Map() }, installed),
        ),
    }).pipe(Effect.map((found) => withSuccessors(found, pending)))
    const against = yield* preconditions(
      dependencies,
      dependencies.isRoot,
      indexes.settings.cacheFolder,
      faults,
    )
    return { plan, preflight: yield* preflight(dependencies, request, plan, against).pipe(notRun("plan")) }
  })

import * as Effect from "effect/Effect"
import type { RefreshPolicy } from "../domain/Command.ts"
import { type InstalledPackage, type ManagerId, packageKey } from "../domain/Package.ts"
import type { PartialReason } from "../domain/Scan.ts"
import type { CollectedManager } from "../protocol/ExecutorMessages.ts"
import type { DetectedManager } from "../package-manager/PackageManagers.ts"
import type { Inventory, ManagerError, Refreshed, UpdateListing } from "../package-manager/PackageManager.ts"

const collectorFailed = (manager: ManagerId, error: ManagerError): PartialReason => ({
  manager,
  code:
    error.operation === "refresh" && error.reason === "needs_root"
      ? "refresh_not_permitted"
      : "collector_failed",
  detail: error.message,
})

/** The packages with what only the repositories know of them. */
const withOrigins = (
  packages: ReadonlyArray<InstalledPackage>,
  { origins }: UpdateListing,
): ReadonlyArray<InstalledPackage> =>
  origins === undefined || origins.size === 0
    ? packages
    : packages.map((row) => {
        const origin = origins.get(packageKey(row))
        return origin === undefined ? row : { ...row, origin }
      })

/** What one manager answered; each of the three questions fails alone and then counts as a reason. */
export const examineManager = Effect.fn("examineManager")(function* (
  { manager, state }: DetectedManager,
  refresh: RefreshPolicy,
) {
  const orReason = <A extends { readonly reasons: ReadonlyArray<PartialReason> }>(
    collect: Effect.Effect<A, ManagerError>,
    nothing: A,
  ) =>
    collect.pipe(
      Effect.catchTag("ManagerError", (error) =>
        Effect.succeed({ ...nothing, reasons: [collectorFailed(state.id, error)] }),
      ),
    )

  const inventory = orReason<Inventory>(manager.inventory, { packages: [], faults: [], reasons: [] })
  if (!state.patchable) {
    const listed = yield* inventory
    const reason: PartialReason = {
      manager: state.id,
      code: "not_patchable",
      detail: state.detail ?? `${state.id} has a package database here but no front end`,
    }
    const database: CollectedManager = {
      state,
      ...listed,
      updates: [],
      indexes: [],
      channels: [],
      refreshed: false,
      repositories: [],
      reasons: [...listed.reasons, reason],
    }
    return database
  }

  const refreshed = yield* orReason<Refreshed>(manager.refresh(refresh), {
    refreshed: false,
    repositories: [],
    reasons: [],
  })
  // One child at a time: an apt or dnf planner costs 60 to 90 MB.
  const listed = yield* inventory
  const available = yield* orReason<UpdateListing>(manager.updates, { updates: [], indexes: [], reasons: [] })
  const collected: CollectedManager = {
    state,
    packages: withOrigins(listed.packages, available),
    faults: listed.faults,
    updates: available.updates,
    indexes: available.indexes,
    channels: available.channels ?? [],
    refreshed: refreshed.refreshed,
    repositories: refreshed.repositories,
    reasons: [...refreshed.reasons, ...listed.reasons, ...available.reasons],
  }
  return collected
})

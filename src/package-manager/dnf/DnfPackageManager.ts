import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type { PackageName } from "../../domain/Package.ts"
import { Subprocess } from "../../host/Subprocess.ts"
import { PackageManager } from "../PackageManager.ts"
import { collectDescriptions } from "./collectDescriptions.ts"
import { collectHealth } from "./collectHealth.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectInventory } from "./collectInventory.ts"
import { collectUpdates } from "./collectUpdates.ts"
import { makeApply } from "./dnfApply.ts"
import { requireDialect, type DnfReadDependencies } from "./dnfDialect.ts"
import { makePlan } from "./dnfPlan.ts"
import { makeRefresh } from "./dnfRefresh.ts"

/**
 * How long the answer to "which program is this" holds: a scan asks several times, and dnf4 takes as long to tell its
 * version as to answer a question. An upgrade of the distribution exchanges it.
 */
const dialectHolds = "10 minutes"

/** The backend as root, or as an ordinary user, who sees none of the system's metadata. */
export const makeAs = Effect.fnUntraced(function* (isRoot: boolean) {
  const subprocess = yield* Subprocess
  const reads: DnfReadDependencies = {
    subprocess,
    fs: yield* FileSystem.FileSystem,
    isRoot,
    dialect: yield* Effect.cachedWithTTL(requireDialect({ subprocess }), dialectHolds),
  }
  const inventory = collectInventory(reads, "inventory").pipe(Effect.withSpan("DnfPackageManager.inventory"))
  const updates = collectUpdates(reads).pipe(Effect.withSpan("DnfPackageManager.updates"))
  const health = collectHealth(reads).pipe(Effect.withSpan("DnfPackageManager.health"))
  return PackageManager.of({
    inventory,
    updates,
    health,
    describe: Effect.fn("DnfPackageManager.describe")((names: ReadonlyArray<PackageName>) =>
      collectDescriptions(reads, names),
    ),
    refresh: makeRefresh({ ...reads, indexes: collectIndexes(reads, "refresh") }),
    plan: makePlan({ ...reads, inventory, updates }),
    apply: makeApply(reads),
  })
})

/** rpm's database with dnf or yum in front of it. Whatever needs their metadata takes root, whose cache is the system's. */
export const make = Effect.suspend(() => makeAs(process.geteuid?.() === 0))

export const layer: Layer.Layer<PackageManager, never, Subprocess | FileSystem.FileSystem> = Layer.effect(
  PackageManager,
  make,
)

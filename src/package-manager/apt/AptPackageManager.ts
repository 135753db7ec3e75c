import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type { PackageName } from "../../domain/Package.ts"
import { Subprocess } from "../../host/Subprocess.ts"
import { PackageManager } from "../PackageManager.ts"
import { makeApply } from "./aptApply.ts"
import { makeFetch } from "./aptFetch.ts"
import { makePlan } from "./aptPlan.ts"
import { makeRefresh } from "./aptRefresh.ts"
import { collectDescriptions } from "./collectDescriptions.ts"
import { collectHealth } from "./collectHealth.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectInventory } from "./collectInventory.ts"
import { collectUpdates } from "./collectUpdates.ts"

/** dpkg's database with apt in front of it. Every read works without root and while another program holds the locks. */
export const make = Effect.gen(function* () {
  const reads = { subprocess: yield* Subprocess, fs: yield* FileSystem.FileSystem }
  const isRoot = process.geteuid?.() === 0
  const inventory = collectInventory(reads, "inventory").pipe(Effect.withSpan("AptPackageManager.inventory"))
  const updates = collectUpdates(reads).pipe(Effect.withSpan("AptPackageManager.updates"))
  const health = collectHealth(reads).pipe(Effect.withSpan("AptPackageManager.health"))
  return PackageManager.of({
    inventory,
    updates,
    health,
    describe: Effect.fn("AptPackageManager.describe")((names: ReadonlyArray<PackageName>) =>
      collectDescriptions(reads, names),
    ),
    refresh: makeRefresh({ subprocess: reads.subprocess, isRoot, indexes: collectIndexes(reads) }),
    plan: makePlan({ ...reads, isRoot, inventory, updates }),
    fetch: makeFetch({ ...reads, isRoot }),
    apply: makeApply({ ...reads, isRoot }),
  })
})

export const layer: Layer.Layer<PackageManager, never, Subprocess | FileSystem.FileSystem> = Layer.effect(
  PackageManager,
  make,
)

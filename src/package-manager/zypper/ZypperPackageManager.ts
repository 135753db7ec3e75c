import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type { PackageName } from "../../domain/Package.ts"
import { Subprocess } from "../../host/Subprocess.ts"
import { PackageManager } from "../PackageManager.ts"
import { collectDescriptions } from "./collectDescriptions.ts"
import { collectHealth } from "./collectHealth.ts"
import { collectInventory } from "./collectInventory.ts"
import { collectUpdates } from "./collectUpdates.ts"
import { makeApply } from "./zypperApply.ts"
import { makePlan } from "./zypperPlan.ts"
import { makeRefresh } from "./zypperRefresh.ts"

/** The backend as root or as an ordinary user, who sees the packages but not what zypper would do about them. */
export const makeAs = Effect.fnUntraced(function* (isRoot: boolean) {
  const reads = { subprocess: yield* Subprocess, fs: yield* FileSystem.FileSystem }
  const inventory = collectInventory(reads, "inventory").pipe(
    Effect.withSpan("ZypperPackageManager.inventory"),
  )
  const updates = collectUpdates(reads).pipe(Effect.withSpan("ZypperPackageManager.updates"))
  return PackageManager.of({
    inventory,
    updates,
    health: collectHealth(reads, isRoot).pipe(Effect.withSpan("ZypperPackageManager.health")),
    describe: Effect.fn("ZypperPackageManager.describe")((names: ReadonlyArray<PackageName>) =>
      collectDescriptions(reads, names),
    ),
    refresh: makeRefresh({ ...reads, isRoot }),
    plan: makePlan({ ...reads, isRoot, inventory, updates }),
    apply: makeApply({ ...reads, isRoot }),
  })
})

/** SUSE's zypper over the rpm database. No read waits for a lock, or takes one. */
export const make = Effect.suspend(() => makeAs(process.geteuid?.() === 0))

export const layer: Layer.Layer<PackageManager, never, Subprocess | FileSystem.FileSystem> = Layer.effect(
  PackageManager,
  make,
)

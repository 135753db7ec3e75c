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
import { makeApply } from "./pacmanApply.ts"
import { makePlan } from "./pacmanPlan.ts"
import { makeRefresh } from "./pacmanRefresh.ts"

/**
 * Arch's pacman. Only the whole system is upgraded, never a part of it. Every read works without root and while another
 * program holds the lock.
 */
export const make = Effect.gen(function* () {
  const reads = { subprocess: yield* Subprocess, fs: yield* FileSystem.FileSystem }
  const isRoot = process.geteuid?.() === 0
  return PackageManager.of({
    inventory: collectInventory(reads, "inventory").pipe(Effect.withSpan("PacmanPackageManager.inventory")),
    updates: collectUpdates(reads).pipe(Effect.withSpan("PacmanPackageManager.updates")),
    health: collectHealth(reads, isRoot).pipe(Effect.withSpan("PacmanPackageManager.health")),
    describe: Effect.fn("PacmanPackageManager.describe")((names: ReadonlyArray<PackageName>) =>
      collectDescriptions(reads, names),
    ),
    refresh: makeRefresh({ ...reads, isRoot }),
    plan: makePlan({ ...reads, isRoot }),
    apply: makeApply({ ...reads, isRoot }),
  })
})

export const layer: Layer.Layer<PackageManager, never, Subprocess | FileSystem.FileSystem> = Layer.effect(
  PackageManager,
  make,
)

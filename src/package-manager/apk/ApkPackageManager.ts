import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type { PackageName } from "../../domain/Package.ts"
import { Subprocess } from "../../host/Subprocess.ts"
import { PackageManager } from "../PackageManager.ts"
import { makeApply } from "./apkApply.ts"
import { makePlan } from "./apkPlan.ts"
import { makeRefresh } from "./apkRefresh.ts"
import { collectDescriptions } from "./collectDescriptions.ts"
import { collectHealth } from "./collectHealth.ts"
import { collectInventory } from "./collectInventory.ts"
import { collectUpdates } from "./collectUpdates.ts"

/** The backend as root or as an ordinary user, who may read everything. */
export const makeAs = Effect.fnUntraced(function* (isRoot: boolean) {
  const reads = { subprocess: yield* Subprocess, fs: yield* FileSystem.FileSystem }
  const updates = collectUpdates(reads).pipe(Effect.withSpan("ApkPackageManager.updates"))
  return PackageManager.of({
    inventory: collectInventory(reads, "inventory").pipe(Effect.withSpan("ApkPackageManager.inventory")),
    updates,
    health: collectHealth(reads).pipe(Effect.withSpan("ApkPackageManager.health")),
    describe: Effect.fn("ApkPackageManager.describe")((names: ReadonlyArray<PackageName>) =>
      collectDescriptions(reads, names),
    ),
    refresh: makeRefresh({ ...reads, isRoot }),
    plan: makePlan({ ...reads, isRoot, updates }),
    apply: makeApply({ ...reads, isRoot }),
  })
})

/** Alpine's apk-tools 2 and 3. Every read works without root and while another program holds the lock. */
export const make = Effect.suspend(() => makeAs(process.geteuid?.() === 0))

export const layer: Layer.Layer<PackageManager, never, Subprocess | FileSystem.FileSystem> = Layer.effect(
  PackageManager,
  make,
)

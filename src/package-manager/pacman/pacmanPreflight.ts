import * as Effect from "effect/Effect"
import type { PreflightFault } from "../../domain/InstallPlan.ts"
import type { PackageFault } from "../../domain/Package.ts"
import type { Preconditions, ReadDependencies } from "../preflight.ts"
import { readLock, staleLock } from "./pacmanLock.ts"

/** Packages that an earlier transaction left broken. Nothing of pacman mends them by itself. */
const brokenPackages = (faults: ReadonlyArray<PackageFault>): ReadonlyArray<PreflightFault> =>
  faults.length === 0
    ? []
    : [
        {
          code: "half_configured",
          detail: `not properly installed: ${faults.map(({ name, state }) => `${name} (${state})`).join(", ")}`,
          remedy:
            "Look at their entries in /var/lib/pacman/local, then reinstall them with pacman -S --overwrite '*'",
        },
      ]

/** What stands against an upgrade of this host now, apart from the plan. */
export const preconditions = Effect.fnUntraced(function* (
  { fs }: ReadDependencies,
  isRoot: boolean,
  cacheFolder: string,
  faults: ReadonlyArray<PackageFault>,
) {
  const lock = yield* readLock(fs, isRoot)
  const found: Preconditions = {
    isRoot,
    faults: [
      ...brokenPackages(faults),
      ...(lock.kind === "stale" ? [{ code: "interrupted_transaction" as const, ...staleLock }] : []),
    ],
    lockHolders: lock.kind === "held" ? [lock.holder] : [],
    cacheFolder,
    // A kernel of Arch takes the place of its former one in /boot.
    newKernels: 0,
  }
  return found
})

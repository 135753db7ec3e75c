import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstallPlan, PreflightFault } from "../../domain/InstallPlan.ts"
import type { PackageFault } from "../../domain/Package.ts"
import type { Preconditions, ReadDependencies } from "../preflight.ts"
import { isInstallOnlyName } from "../rpm/installOnly.ts"
import { collectLocks } from "./collectHealth.ts"
import { zypperPaths } from "./zypperCommands.ts"

/** Packages that a transaction which was cut off left in two versions. */
const cutOff = (faults: ReadonlyArray<PackageFault>): ReadonlyArray<PreflightFault> => {
  const twice = faults.filter(({ state }) => state === "duplicate").map(({ name }) => name)
  return twice.length === 0
    ? []
    : [
        {
          code: "interrupted_transaction",
          detail: `an upgrade was cut off: the old version is still recorded of ${twice.join(", ")}`,
          remedy: "Repeat with repair, or run zypper verify and look at what it wants to remove",
        },
      ]
}

/** Kernels bring files to /boot; what is built for them, or with them, does not. */
const isKernel = (name: string) =>
  isInstallOnlyName(name) && !/-(?:devel|headers|modules|extra|source)\b/.test(name)

/** What stands against carrying out this plan now. What `repair` would mend does not. */
export const preconditions = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  isRoot: boolean,
  request: InstallUpdates,
  plan: InstallPlan,
  faults: ReadonlyArray<PackageFault>,
) {
  const lockHolders = yield* collectLocks(dependencies)
  // Whoever is at work has old and new versions side by side until he is done.
  const isAtWork = lockHolders.length > 0
  const found: Preconditions = {
    isRoot,
    faults: isAtWork || request.repair === true ? [] : cutOff(faults),
    lockHolders,
    cacheFolder: zypperPaths.packages,
    newKernels: plan.installs.filter(({ name }) => isKernel(name)).length,
  }
  return found
})

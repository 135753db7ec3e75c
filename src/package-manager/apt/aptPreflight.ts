import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstallPlan, PreflightFault } from "../../domain/InstallPlan.ts"
import type { PackageFault } from "../../domain/Package.ts"
import { aptPaths, dependencyCheck } from "./aptCommands.ts"
import { notRun } from "./aptFailure.ts"
import { lockHolders } from "../lockHolders.ts"
import type { Preconditions } from "../preflight.ts"
import { complaintOf } from "./aptMessages.ts"
import { isInterrupted } from "./collectHealth.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

export interface PreflightDependencies extends AptReadDependencies {
  readonly isRoot: boolean
}

/** The locks an installation takes. The lists lock is not one of them: `apt-get update` may run beside it. */
const installLocks = aptPaths.locks.filter((path) => !path.includes("/lists/"))

/** States that `dpkg --configure` ends. A pending trigger is no fault: dpkg runs it with the next package. */
const unfinished: ReadonlySet<PackageFault["state"]> = new Set([
  "half_configured",
  "unpacked",
  "half_installed",
])

const named = (faults: ReadonlyArray<PackageFault>) =>
  faults.map(({ name, state }) => `${name} (${state})`).join(", ")

/** Packages that an earlier transaction left broken. */
const brokenPackages = (faults: ReadonlyArray<PackageFault>): ReadonlyArray<PreflightFault> => {
  const halfway = faults.filter(({ state }) => unfinished.has(state))
  const lost = faults.filter(({ state }) => state === "reinstall_required")
  return [
    ...(halfway.length === 0
      ? []
      : [
          {
            code: "half_configured",
            detail: `not completely installed: ${named(halfway)}`,
            remedy: "Repeat with repair, or run dpkg --configure -a and mend what it reports",
          } as const,
        ]),
    ...(lost.length === 0
      ? []
      : [
          {
            code: "half_configured",
            detail: `must be installed again: ${named(lost)}`,
            remedy: `Repeat with repair, or run apt-get install --reinstall ${lost.map(({ name }) => name).join(" ")}`,
          } as const,
        ]),
  ]
}

const interrupted: PreflightFault = {
  code: "interrupted_transaction",
  detail: `dpkg was interrupted: its journal in ${aptPaths.journal} is not empty`,
  remedy: "Repeat with repair, or run dpkg --configure -a",
}

/** What apt says of dependencies that are broken now; undefined when they are sound. */
export const brokenDependencies = Effect.fnUntraced(function* ({ subprocess }: AptReadDependencies) {
  const result = yield* subprocess.run(dependencyCheck).pipe(notRun("plan"))
  return result.exitCode === 0 ? undefined : complaintOf(result)
})

/** What was known before the plan was made. */
export interface Soundness {
  readonly faults: ReadonlyArray<PackageFault>
  readonly brokenDependencies: string | undefined
}

/** What dpkg and apt say against carrying out this plan now. What `repair` would mend does not. */
export const preconditions = Effect.fnUntraced(function* (
  dependencies: PreflightDependencies,
  request: InstallUpdates,
  plan: InstallPlan,
  soundness: Soundness,
) {
  const repair = request.repair ?? false
  const faults: Array<PreflightFault> = repair ? [] : [...brokenPackages(soundness.faults)]
  if (!repair && (yield* isInterrupted(dependencies))) faults.push(interrupted)
  if (!repair && soundness.brokenDependencies !== undefined) {
    faults.push({
      code: "broken_dependencies",
      detail: soundness.brokenDependencies,
      remedy: "Repeat with repair, or run apt-get -f install and look at what it wants to remove",
    })
  }
  const found: Preconditions = {
    isRoot: dependencies.isRoot,
    faults,
    lockHolders: yield* lockHolders(dependencies.fs, installLocks),
    cacheFolder: "/var/cache/apt/archives",
    newKernels: plan.installs.filter(({ name }) => name.startsWith("linux-image-")).length,
  }
  return found
})

import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstallPlan, PreflightFault } from "../../domain/InstallPlan.ts"
import type { PackageFault } from "../../domain/Package.ts"
import { shortened } from "../outputText.ts"
import type { Preconditions } from "../preflight.ts"
import { isInstallOnlyName } from "../rpm/installOnly.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { dnfLockHolders } from "./dnfLocks.ts"

const cacheFolders = { dnf5: "/var/cache/libdnf5", dnf4: "/var/cache/dnf", yum3: "/var/cache/yum" } as const

/**
 * Packages that a killed transaction left in two versions. dnf would go on as if nothing were the matter. Broken
 * dependencies, on the other hand, keep it from nothing, so they are for health to tell.
 */
const interrupted = (
  faults: ReadonlyArray<PackageFault>,
  { kind }: DnfDialect,
): ReadonlyArray<PreflightFault> => {
  const duplicates = faults.filter(({ state }) => state === "duplicate")
  if (duplicates.length === 0) return []
  const names = duplicates.map(({ name, version }) => `${name} ${version ?? ""}`.trim()).join(", ")
  const command = kind === "yum3" ? "package-cleanup --cleandupes" : "dnf remove --duplicates"
  return [
    {
      code: "interrupted_transaction",
      detail: shortened(`a transaction was cut off: still there beside a newer version: ${names}`),
      remedy: `Repeat with repair, or run ${command}`,
    },
  ]
}

/** Packages that bring files to /boot; one kernel may be several packages. */
const isKernel = (name: string) => isInstallOnlyName(name) && !/-(?:devel|modules\b.*|extra)$/.test(name)

/** What dnf and rpm say against carrying out this plan now. What `repair` would mend does not. */
export const preconditions = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  request: InstallUpdates,
  plan: InstallPlan,
  faults: ReadonlyArray<PackageFault>,
) {
  const dialect = yield* dependencies.dialect
  const kernels = plan.installs.filter(({ name }) => isKernel(name))
  const found: Preconditions = {
    isRoot: dependencies.isRoot,
    faults: (request.repair ?? false) ? [] : interrupted(faults, dialect),
    lockHolders: yield* dnfLockHolders(dependencies.fs),
    cacheFolder: cacheFolders[dialect.kind],
    newKernels: new Set(kernels.map(({ to }) => to)).size,
  }
  return found
})

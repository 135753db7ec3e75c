import * as Effect from "effect/Effect"
import type { SubprocessRequest } from "../../host/Subprocess.ts"
import { wantedOf } from "../applyPlan.ts"
import { needsRoot } from "../managerFailure.ts"
import type { Fetched, PackageManager } from "../PackageManager.ts"
import { type ApplyDependencies, lostPackages, readRows } from "./aptApply.ts"
import { downloadAgain, downloadMissingDependencies, performDownload } from "./aptInstall.ts"
import { brokenDependencies } from "./aptPreflight.ts"
import { performApt } from "./aptTransaction.ts"

/**
 * `PackageManager.fetch` for apt: its own downloads of the same installation. A run that failed for another reason than
 * single archives says nothing here: `apply` finds out, and reports it.
 */
export const makeFetch = (dependencies: ApplyDependencies): NonNullable<PackageManager["Service"]["fetch"]> =>
  Effect.fn("AptPackageManager.fetch")(function* (plan, { repair, report }) {
    if (!dependencies.isRoot) return yield* needsRoot("apt", "apply")
    const download = (step: string, request: SubprocessRequest) =>
      Effect.map(performApt(dependencies, request)(report), ({ evidence, complaints }): Fetched => ({
        evidence: [{ ...evidence, step }],
        missing: plan.installs.flatMap(({ name }) => {
          const complaint = complaints.get(name)
          return complaint === undefined ? [] : [{ name, complaint }]
        }),
      }))
    const mending = repair && (yield* brokenDependencies(dependencies)) !== undefined
    const lost = repair ? lostPackages(yield* readRows(dependencies)) : []
    const runs = [
      ...(lost.length > 0
        ? [yield* download(`download ${lost.length} packages again`, downloadAgain(lost))]
        : []),
      ...(mending ? [yield* download("download missing dependencies", downloadMissingDependencies)] : []),
      ...(plan.installs.length === 0
        ? []
        : [yield* download(`download ${plan.installs.length} packages`, performDownload(wantedOf(plan)))]),
    ]
    return {
      evidence: runs.flatMap(({ evidence }) => evidence),
      missing: runs.flatMap(({ missing }) => missing),
    }
  })

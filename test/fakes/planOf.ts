import type { InstallPlan, PlannedInstall } from "../../src/domain/InstallPlan.ts"
import { planDigest } from "../../src/domain/snapshot.ts"

/** A plan that installs these, downloads nothing and leaves nothing out. */
export const planOf = (
  installs: ReadonlyArray<PlannedInstall>,
  changes: Partial<InstallPlan> = {},
): InstallPlan => ({
  installs,
  removals: [],
  leftOut: [],
  unmatchedExcludes: [],
  downloadBytes: 0,
  rebootExpected: "no",
  digest: planDigest({ installs, removals: [] }),
  ...changes,
})

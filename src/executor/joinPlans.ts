import type { InstallPlan, InstallReport } from "../domain/InstallPlan.ts"
import { planDigest } from "../domain/snapshot.ts"
import type { Planned } from "../package-manager/PackageManager.ts"

/** What several managers plan is one plan to the operator, with one digest. */
export const joinPlans = (planned: ReadonlyArray<Planned>): Planned => {
  const plans = planned.map(({ plan }) => plan)
  const installs = plans.flatMap((plan) => plan.installs)
  const removals = plans.flatMap((plan) => plan.removals)
  const taken = new Set(installs.map(({ name }) => name))
  const sizes = plans.flatMap((plan) => plan.installedSizeChangeBytes ?? [])
  const plan: InstallPlan = {
    installs,
    removals,
    // A name that one manager installs is not missing because another does not know it.
    leftOut: plans.flatMap((plan) =>
      plan.leftOut.filter(
        ({ name, reason }) =>
          !(taken.has(name) && (reason === "unknown_package" || reason === "not_installed")),
      ),
    ),
    unmatchedExcludes: (plans[0]?.unmatchedExcludes ?? []).filter((glob) =>
      plans.every((plan) => plan.unmatchedExcludes.includes(glob)),
    ),
    downloadBytes: plans.reduce((sum, plan) => sum + plan.downloadBytes, 0),
    ...(sizes.length > 0 && { installedSizeChangeBytes: sizes.reduce((sum, size) => sum + size, 0) }),
    rebootExpected: plans.some((plan) => plan.rebootExpected === "yes")
      ? "yes"
      : plans.some((plan) => plan.rebootExpected === "unknown")
        ? "unknown"
        : "no",
    digest: planDigest({ installs, removals }),
  }
  return { plan, preflight: planned.flatMap(({ preflight }) => preflight) }
}

/** What several managers did is one report. */
export const joinReports = (plan: Planned, reports: ReadonlyArray<InstallReport>): InstallReport => {
  const reboot = reports.findLast((report) => report.reboot !== undefined)?.reboot
  return {
    dryRun: false,
    plan: plan.plan,
    preflight: [...plan.preflight, ...reports.flatMap((report) => report.preflight)],
    outcomes: reports.flatMap((report) => report.outcomes),
    newConfigurationFiles: reports.flatMap((report) => report.newConfigurationFiles),
    evidence: reports.flatMap((report) => report.evidence),
    ...(reboot !== undefined && { reboot }),
  }
}

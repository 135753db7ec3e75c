import type { InstallUpdates } from "../domain/Command.ts"
import type { InstallPlan, PreflightFault } from "../domain/InstallPlan.ts"

/** What only the executor can know stands in the way: the age of this boot, and the plan that was agreed on. */
export const preflightOfHost = (
  request: InstallUpdates,
  plan: InstallPlan,
  uptimeSeconds: number,
  quietPeriodSeconds: number,
): ReadonlyArray<PreflightFault> => {
  const faults: Array<PreflightFault> = []
  if (uptimeSeconds < quietPeriodSeconds) {
    faults.push({
      code: "quiet_period",
      detail: `this host booted ${uptimeSeconds} s ago and installs nothing in the first ${quietPeriodSeconds} s`,
      remedy: "queue the command again later, or shorten quiet_period_seconds",
    })
  }
  if (request.plan_digest !== undefined && request.plan_digest !== plan.digest) {
    faults.push({
      code: "plan_changed",
      detail: `the plan now has digest ${plan.digest}, the command asks for ${request.plan_digest}`,
      remedy: "run install_updates with dry_run again and approve the new plan",
    })
  }
  return faults
}

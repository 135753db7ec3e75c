import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../domain/Command.ts"
import type { InstallPlan, InstallReport, PreflightFault } from "../domain/InstallPlan.ts"
import { planDigest } from "../domain/snapshot.ts"
import { Host } from "../host/Host.ts"
import type { ManagerError, Planned, ReportProgress } from "../package-manager/PackageManager.ts"
import { type DetectedManager, PackageManagers } from "../package-manager/PackageManagers.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"

/** What several managers plan is one plan to the operator, with one digest. */
const joinPlans = (planned: ReadonlyArray<Planned>): Planned => {
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

/** What only the executor can know stands in the way: the age of this boot, and the plan that was agreed on. */
const preflightOfHost = (
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

const joinReports = (plan: Planned, reports: ReadonlyArray<InstallReport>): InstallReport => {
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

/** Judged by what is installed now: all that was asked, some of it, or none of it. */
const statusOf = (request: InstallUpdates, report: InstallReport): CommandOutcome["status"] => {
  const done = report.outcomes.filter(
    ({ outcome }) => outcome === "installed" || outcome === "removed",
  ).length
  const missed =
    report.outcomes.length -
    done +
    (request.selection.kind === "packages"
      ? report.plan.leftOut.filter(({ reason }) => reason !== "already_current").length
      : 0)
  return missed === 0 ? "succeeded" : done === 0 ? "failed" : "partial"
}

const failed = (report: InstallReport, fault: PreflightFault): CommandOutcome => ({
  status: "failed",
  output: { command: "install_updates", report },
  problem: { code: fault.code, detail: fault.detail, remedy: fault.remedy },
})

const managerFailed = (error: ManagerError): CommandOutcome => ({
  status: "failed",
  problem: { code: error.reason, detail: error.message },
})

const planAll = (detected: ReadonlyArray<DetectedManager>, request: InstallUpdates) => {
  const { plan_digest: _, ...rest } = request
  return Effect.forEach(detected, ({ manager }) => manager.plan(rest)).pipe(Effect.map(joinPlans))
}

/** Hands each manager its own part of the plan; without any, only a repair that was asked for. */
const applyAll = (
  detected: ReadonlyArray<DetectedManager>,
  plan: InstallPlan,
  request: InstallUpdates,
  report: ReportProgress,
) => {
  const options = {
    repair: request.repair ?? false,
    report,
    ...(request.deadline !== undefined && { deadline: request.deadline }),
  }
  const parts = detected.map(({ manager, state }) => ({
    manager,
    part: {
      ...plan,
      installs: plan.installs.filter((row) => row.manager === state.id),
      removals: plan.removals.filter((row) => row.manager === state.id),
    },
  }))
  const busy = parts.filter(({ part }) => part.installs.length + part.removals.length > 0 || options.repair)
  return Effect.forEach(busy, ({ manager, part }) => manager.apply(part, options))
}

/** Plan, check, apply in one transaction per manager, and read back. `dry_run` stops after the plan. */
export const installUpdates = Effect.fn("installUpdates")(
  function* (request: InstallUpdates, quietPeriodSeconds: number, report: ReportProgress) {
    const managers = yield* PackageManagers
    const host = yield* Host
    const detected = (yield* managers.detect).filter(({ state }) => state.patchable)
    if (detected.length === 0) {
      const nothing: CommandOutcome = {
        status: "failed",
        problem: {
          code: "no_package_manager",
          detail: "no package manager that could install anything was found on this host",
          remedy: "see docs/reference/package-managers.md for what is supported",
        },
      }
      return nothing
    }

    yield* report({ step: "plan" })
    const first = yield* planAll(detected, request)
    // Broken dependencies keep a manager from planning anything: mend them first, then plan what was asked for.
    const mendFirst = request.repair === true && request.dry_run !== true && first.plan.installs.length === 0
    const repairs = mendFirst ? yield* applyAll(detected, first.plan, request, report) : []
    const planned = mendFirst ? yield* planAll(detected, request) : first
    const { uptimeSeconds } = yield* host.metrics
    const preflight = [
      ...planned.preflight,
      ...preflightOfHost(request, planned.plan, uptimeSeconds, quietPeriodSeconds),
    ]
    const base = joinReports({ plan: planned.plan, preflight }, [])
    if (request.dry_run === true) {
      const dry: CommandOutcome = {
        status: "succeeded",
        output: { command: "install_updates", report: { ...base, dryRun: true } },
      }
      return dry
    }
    // A lock is waited for while applying: its holder may be done by then.
    const fault = preflight.find(({ code }) => code !== "locked")
    if (fault !== undefined) return failed(base, fault)
    if (request.deadline !== undefined && (yield* DateTime.isPast(request.deadline))) {
      return failed(base, {
        code: "deadline_passed",
        detail: "the deadline passed before anything was started",
        remedy: "queue the command again with a later deadline",
      })
    }

    const reports = yield* applyAll(detected, planned.plan, request, report)
    const joined = joinReports({ plan: planned.plan, preflight: [] }, [...repairs, ...reports])
    const reboot = yield* host.reboot([])
    const outcome: CommandOutcome = {
      status: statusOf(request, joined),
      output: { command: "install_updates", report: { ...joined, reboot } },
    }
    return outcome
  },
  Effect.catchTag("ManagerError", (error) => Effect.succeed(managerFailed(error))),
)

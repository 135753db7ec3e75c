import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../domain/Command.ts"
import type { InstallReport, PreflightFault } from "../domain/InstallPlan.ts"
import { Host } from "../host/Host.ts"
import type { ManagerError, ReportProgress } from "../package-manager/PackageManager.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { applyAll } from "./applyAll.ts"
import { CommandJournal } from "./CommandJournal.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"
import { joinPlans, joinReports } from "./joinPlans.ts"
import { planInTime } from "./planInTime.ts"
import { preflightOfHost } from "./preflightOfHost.ts"
import { requestReboot } from "./requestReboot.ts"

/** Judged by what is installed now: all that was asked, some of it, or none of it. */
const statusOf = (request: InstallUpdates, { outcomes, plan }: InstallReport): CommandOutcome["status"] => {
  const done = outcomes.filter(({ outcome }) => outcome === "installed" || outcome === "removed").length
  const isNamed = request.selection.kind === "packages"
  const owed = plan.leftOut.filter(({ reason }) =>
    isNamed ? reason !== "already_current" : reason === "out_of_time",
  )
  const missed = outcomes.length - done + owed.length
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

const noPackageManager: CommandOutcome = {
  status: "failed",
  problem: {
    code: "no_package_manager",
    detail: "no package manager that could install anything was found on this host",
    remedy: "see docs/reference/package-managers.md for what is supported",
  },
}

/**
 * Plan, check, apply in one transaction per manager, read back, and restart the host if that is asked for. `dry_run`
 * stops after the plan.
 */
export const installUpdates = Effect.fn("installUpdates")(
  function* (request: InstallUpdates, quietPeriodSeconds: number, report: ReportProgress) {
    const managers = yield* PackageManagers
    const host = yield* Host
    const journal = yield* CommandJournal
    const detected = (yield* managers.detect).filter(({ state }) => state.patchable)
    if (detected.length === 0) return noPackageManager
    const planAll = (asked: InstallUpdates) => {
      // The digest is of what all managers plan together.
      const { plan_digest: _, ...rest } = asked
      return Effect.map(
        Effect.forEach(detected, ({ manager }) => manager.plan(rest)),
        joinPlans,
      )
    }
    const options = {
      repair: request.repair ?? false,
      report,
      ...(request.deadline !== undefined && { deadline: request.deadline }),
    }

    yield* report({ step: "plan" })
    const first = yield* planAll(request)
    // Broken dependencies keep a manager from planning anything: mend them first, then plan what was asked for.
    const mendFirst = options.repair && request.dry_run !== true && first.plan.installs.length === 0
    if (mendFirst) yield* journal.planned(first.plan)
    const repairs = mendFirst ? (yield* applyAll(detected, first.plan, options)).reports : []
    const whole = mendFirst ? yield* planAll(request) : first
    const planned = request.dry_run === true ? whole : yield* planInTime(detected, request, whole, planAll)
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

    yield* journal.planned(planned.plan)
    const { reports, failures } = yield* applyAll(detected, planned.plan, options)
    const joined = joinReports({ plan: planned.plan, preflight: [] }, [...repairs, ...reports])
    const [failure] = failures
    const status = statusOf(request, joined)
    const outcome: CommandOutcome = {
      status: failure !== undefined && status === "succeeded" ? "partial" : status,
      output: {
        command: "install_updates",
        report: { ...joined, reboot: yield* host.reboot([]), restartNeeded: yield* host.restartNeeded },
      },
      ...(failure !== undefined && { problem: { code: failure.reason, detail: failure.message } }),
    }
    return yield* requestReboot(request.reboot, outcome)
  },
  Effect.catchTag("ManagerError", (error) => Effect.succeed(managerFailed(error))),
)

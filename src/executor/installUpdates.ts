import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../domain/Command.ts"
import type { InstallPlan, InstallReport, PreflightFault } from "../domain/InstallPlan.ts"
import { Host } from "../host/Host.ts"
import type { ManagerError, Planned, ReportProgress } from "../package-manager/PackageManager.ts"
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

/** A lock is none: it is waited for while applying, and its holder may be done by then. */
const obstacleOf = ({ preflight }: Planned) => preflight.find(({ code }) => code !== "locked")

/** The plan of a repair alone. */
const nothingOf = (plan: InstallPlan): InstallPlan => ({ ...plan, installs: [], removals: [] })

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
    const { uptimeSeconds } = yield* host.metrics
    // The digest is of what all managers plan together.
    const { plan_digest: approved, ...anyPlan } = request
    const planAll = (asked: InstallUpdates) => {
      const { plan_digest: _, ...rest } = asked
      return Effect.map(
        Effect.forEach(detected, ({ manager }) => manager.plan(rest)),
        joinPlans,
      )
    }
    const onThisHost = (asked: InstallUpdates, { plan, preflight }: Planned): Planned => ({
      plan,
      preflight: [...preflight, ...preflightOfHost(asked, plan, uptimeSeconds, quietPeriodSeconds)],
    })
    const options = {
      repair: request.repair ?? false,
      report,
      ...(request.deadline !== undefined && { deadline: request.deadline }),
    }

    yield* report({ step: "plan" })
    const first = yield* planAll(request)
    // A half-configured package is in no plan, and broken dependencies keep a manager from planning anything: mend them,
    // then plan what was asked for. A plan that was approved is carried out as it is, and mends on the way.
    const mendFirst =
      options.repair &&
      request.dry_run !== true &&
      (approved === undefined || first.plan.installs.length === 0) &&
      obstacleOf(onThisHost(anyPlan, first)) === undefined
    if (mendFirst) yield* journal.planned(nothingOf(first.plan))
    const repairs = mendFirst ? (yield* applyAll(detected, nothingOf(first.plan), options)).reports : []
    const whole = mendFirst ? yield* planAll(request) : first
    const inTime = request.dry_run === true ? whole : yield* planInTime(detected, request, whole, planAll)
    const planned = onThisHost(request, inTime)
    const base = joinReports(planned, [])
    if (request.dry_run === true) {
      const dry: CommandOutcome = {
        status: "succeeded",
        output: { command: "install_updates", report: { ...base, dryRun: true } },
      }
      return dry
    }
    const fault = obstacleOf(planned)
    if (fault !== undefined) return failed(base, fault)
    if (request.deadline !== undefined && (yield* DateTime.isPast(request.deadline))) {
      return failed(base, {
        code: "deadline_passed",
        detail: "the deadline passed before anything was started",
        remedy: "queue the command again with a later deadline",
      })
    }

    yield* journal.planned(planned.plan)
    const repair = options.repair && !mendFirst
    const { reports, failures } = yield* applyAll(detected, planned.plan, { ...options, repair })
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
    return yield* requestReboot(request, outcome)
  },
  Effect.catchTag("ManagerError", (error) => Effect.succeed(managerFailed(error))),
)

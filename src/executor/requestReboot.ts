import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstallUpdates } from "../domain/Command.ts"
import type { InstallReport } from "../domain/InstallPlan.ts"
import { Host } from "../host/Host.ts"
import { Reboot } from "../host/Reboot.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { managerLockRetry } from "../schedules.ts"
import { CommandJournal, HostRestarting } from "./CommandJournal.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"

/** When a command may restart the host; `deadline` is no later than the end of the policy's window. */
type RebootTerms = Pick<InstallUpdates, "reboot" | "deadline">

/** Whether the command asks for a restart, now that its packages are in place. */
const isWanted = ({ reboot }: RebootTerms, { status }: CommandOutcome, report: InstallReport) =>
  status !== "failed" &&
  !report.dryRun &&
  (reboot === "always" || (reboot === "if_required" && report.reboot?.required === "yes"))

/** What makes a restart now a danger: a host with a kernel or boot loader that is half set up may not come back. */
const danger = Effect.fnUntraced(function* ({ outcomes }: InstallReport) {
  const halfway = outcomes.filter(({ outcome }) => outcome === "half_configured").map(({ name }) => name)
  if (halfway.length > 0) return `${halfway.slice(0, 10).join(", ")} are only half configured`
  const managers = yield* PackageManagers
  const holders = Effect.gen(function* () {
    const detected = yield* managers.detect
    const healths = yield* Effect.forEach(detected, ({ manager }) => Effect.option(manager.health))
    return healths.flatMap(Option.toArray).flatMap(({ locks }) => locks)
  })
  // Somebody else may only be refreshing his indexes.
  yield* Effect.repeat(holders, { schedule: managerLockRetry, while: (found) => found.length > 0 })
  const [holder] = yield* holders
  return holder === undefined
    ? undefined
    : `${holder.program ?? "a package manager"} (pid ${holder.pid ?? "unknown"}) is at work on the packages`
})

const without = (outcome: CommandOutcome, code: string, detail: string, remedy: string): CommandOutcome => ({
  ...outcome,
  status: "partial",
  problem: outcome.problem ?? { code, detail, remedy },
})

/**
 * Restarts the host after an installation, if the command asks for it: then it fails with `HostRestarting`, and the
 * result follows after the boot. It is in the ledger before the restart is asked for. The outcome comes back when there
 * is no restart, with the problem if there should have been one.
 */
export const requestReboot = Effect.fn("requestReboot")(function* (
  terms: RebootTerms,
  outcome: CommandOutcome,
) {
  if (outcome.output?.command !== "install_updates") return outcome
  const { report } = outcome.output
  if (!isWanted(terms, outcome, report)) return outcome
  const host = yield* Host
  const journal = yield* CommandJournal
  const reboot = yield* Reboot

  const reason = yield* danger(report)
  if (reason !== undefined) {
    const detail = `the host was not restarted: ${reason}`
    return without(outcome, "reboot_withheld", detail, "mend that, then restart the host")
  }
  const { deadline } = terms
  if (deadline !== undefined && (yield* DateTime.isPast(deadline))) {
    const detail = `the host was not restarted: the deadline, or the end of this host's window, was ${DateTime.formatIso(deadline)}`
    return without(outcome, "reboot_withheld", detail, "restart the host in its next window")
  }
  const boot = yield* Effect.result(host.bootId)
  if (boot._tag === "Failure") {
    // Nobody could tell afterwards whether the host did restart.
    return without(outcome, "reboot_withheld", boot.failure.message, "restart the host by hand")
  }
  const kernelBefore = yield* host.facts.pipe(
    Effect.map(({ kernelRelease }) => kernelRelease),
    Effect.orElseSucceed(() => "unknown"),
  )
  const restart = { requestedAt: yield* DateTime.now, bootIdBefore: boot.success, kernelBefore }
  yield* journal.rebooting({
    bootId: boot.success,
    outcome: { ...outcome, output: { command: "install_updates", report: { ...report, restart } } },
  })
  const refusal = yield* reboot.request.pipe(
    Effect.as(undefined),
    Effect.catchTag("RebootRefused", ({ message }) => Effect.succeed(message)),
  )
  if (refusal === undefined) return yield* new HostRestarting()
  const remedy = "see who holds it back: systemd-inhibit --list; then restart the host by hand"
  return without(outcome, "reboot_refused", refusal, remedy)
})

import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { CommandResult } from "../domain/Command.ts"
import type { RebootState } from "../domain/Host.ts"
import type { AwaitedRestart } from "../store/Ledger.ts"

/** A restart that has not begun by then will not come: shutdown(8) may have been cancelled, or inhibited. */
export const restartPatience = Duration.minutes(30)

/** What the host shows when a command that asked for a restart is looked at again. */
export interface HostNow {
  readonly now: DateTime.Utc
  readonly bootId: string
  /** Whether the first process of this host was started after the command began. */
  readonly isInitNew: boolean
  /** The most that can have passed since the restart was asked for, by the kernel's seconds since boot, if it is known. */
  readonly mostSeconds: number | undefined
  readonly kernelRelease: string
  readonly reboot: RebootState
}

/** The result with what is known now, made worse by `problem` if there is one. */
const amended = (
  result: CommandResult,
  host: HostNow,
  problem: CommandResult["problem"],
  happened: boolean,
): CommandResult => {
  const report = result.output?.command === "install_updates" ? result.output.report : undefined
  return {
    ...result,
    status: problem !== undefined && result.status === "succeeded" ? "partial" : result.status,
    ...(problem !== undefined && result.problem === undefined && { problem }),
    ...(report !== undefined && {
      output: {
        command: "install_updates",
        report: {
          ...report,
          reboot: host.reboot,
          ...(report.restart !== undefined &&
            happened && {
              restart: { ...report.restart, bootIdAfter: host.bootId, kernelAfter: host.kernelRelease },
            }),
        },
      },
    }),
    finishedAt: host.now,
  }
}

/**
 * The result of a command that asked for a restart: none while the host may still be about to go down. Another boot id
 * is the proof that it restarted, and so is a first process younger than the command: a container may show the boot id of
 * the machine around it, which stays the same. Whether it then runs what was installed is for its reboot state to say.
 */
export const judgeRestart = (restart: AwaitedRestart, host: HostNow): Option.Option<CommandResult> => {
  const { result, bootId, requestedAt } = restart
  if (host.bootId !== bootId || host.isInitNew) {
    const still = host.reboot.required === "yes" ? host.reboot.reasons.map(({ detail }) => detail) : []
    return Option.some(
      amended(
        result,
        host,
        still.length === 0
          ? undefined
          : {
              code: "reboot_still_required",
              detail: `the host restarted and does not run what is installed: ${still.join("; ")}`,
              remedy: "see which kernel its boot loader starts",
            },
        true,
      ),
    )
  }
  // Clocks are set a little right at any time; one that was set back by much says nothing about how long it has been.
  const waiting =
    (host.mostSeconds !== undefined && host.mostSeconds < Duration.toSeconds(restartPatience)) ||
    Duration.isLessThan(Duration.abs(DateTime.distance(requestedAt, host.now)), restartPatience)
  if (waiting) return Option.none()
  return Option.some(
    amended(
      result,
      host,
      {
        code: "reboot_did_not_happen",
        detail: `a restart was asked for at ${DateTime.formatIso(requestedAt)}, and the host still runs the same boot, ${bootId}, with the same first process`,
        remedy: "see what keeps it from restarting: systemd-inhibit --list, journalctl -b; then restart it",
      },
      false,
    ),
  )
}

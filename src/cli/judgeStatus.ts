import * as Duration from "effect/Duration"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { AgentStatus } from "../domain/AgentStatus.ts"
import { UpdateAttempt } from "../domain/UpdateAttempt.ts"
import { shortestBeatRound } from "../schedules.ts"
import { durationText, instantText, relativeText, secondsBetween } from "./timeText.ts"

/** What is wrong and what mends it. */
export const Finding = Schema.Struct({ detail: Schema.String, remedy: Schema.String })
export type Finding = typeof Finding.Type

export const Verdict = Schema.Literals(["healthy", "degraded", "not_running", "unknown"])
export type Verdict = typeof Verdict.Type

/** What `patchctl status --json` prints. */
export const StatusReport = Schema.Struct({
  verdict: Verdict,
  /** Why the verdict is not `healthy`. */
  findings: Schema.Array(Finding),
  /** The daemon's last word about itself; absent with `unknown`. */
  status: Schema.optionalKey(AgentStatus),
  /** The last attempt to update the agent; absent before the first, and where another program keeps its files. */
  update: Schema.optionalKey(UpdateAttempt),
})
export type StatusReport = typeof StatusReport.Type

/** Beyond this the executor refuses commands as not yet valid, `clockToleranceSeconds`. */
export const skewLimitSeconds = 60

/** Beats that may be missed before silence counts. */
const patienceInBeats = 3

/** A loop that failed this often in a row is not having a bad moment. */
const patienceInFailures = 3

const heartbeatFindings = (status: AgentStatus, now: DateTime.Utc): ReadonlyArray<Finding> => {
  const loop = status.loops.find(({ name }) => name === "heartbeat")
  const accepted = loop?.lastSuccessAt
  const log = "read the log: journalctl -u patchctl"
  if (loop?.lastError !== undefined && loop.consecutiveFailures > 0) {
    const since =
      accepted === undefined ? "none accepted yet" : `last accepted ${relativeText(accepted, now)}`
    return [
      {
        detail: `last heartbeat failed: ${loop.lastError} (${since})`,
        remedy: "run: patchctl selftest",
      },
    ]
  }
  const due = status.nextBeatAt ?? accepted ?? status.startedAt
  const late = secondsBetween(due, now) - (status.nextBeatAt === undefined ? status.heartbeatSeconds : 0)
  // However short the interval, one round may take this long.
  const patience = Math.max(
    (patienceInBeats - 1) * status.heartbeatSeconds,
    Duration.toSeconds(shortestBeatRound),
  )
  return late > patience ? [{ detail: `the heartbeat is overdue by ${durationText(late)}`, remedy: log }] : []
}

const loopFindings = (status: AgentStatus): ReadonlyArray<Finding> =>
  status.loops.flatMap(({ name, consecutiveFailures, lastError }) =>
    name === "heartbeat" || consecutiveFailures < patienceInFailures
      ? []
      : [
          {
            detail: `${name} failed ${consecutiveFailures} times in a row: ${lastError ?? "no reason given"}`,
            remedy: "read the log: journalctl -u patchctl",
          },
        ],
  )

const clockFindings = ({ clockSkewSeconds = 0 }: AgentStatus): ReadonlyArray<Finding> =>
  Math.abs(clockSkewSeconds) > skewLimitSeconds
    ? [
        {
          detail: `the clock is ${durationText(Math.abs(clockSkewSeconds))} ${clockSkewSeconds > 0 ? "behind" : "ahead of"} the server's`,
          remedy: "set the clock: timedatectl set-ntp true",
        },
      ]
    : []

/**
 * The verdict on a daemon by its own status and whether its process lives. `hidden`: this user cannot see other
 * users' processes (hidepid=, proc(5)); then a status that is not overdue counts as a living daemon.
 */
export const judgeStatus = (
  status: AgentStatus,
  process: "alive" | "gone" | "hidden",
  now: DateTime.Utc,
): StatusReport => {
  const beat = heartbeatFindings(status, now)
  const silentSeconds = secondsBetween(status.writtenAt, now)
  const gone =
    process === "gone" || (process === "hidden" && silentSeconds > patienceInBeats * status.heartbeatSeconds)
  if (gone) {
    const detail = `last seen ${relativeText(status.writtenAt, now)} (${instantText(status.writtenAt)})`
    const remedy = "start it: systemctl start patchctl; see why it stopped: journalctl -u patchctl"
    return { verdict: "not_running", findings: [{ detail, remedy }], status }
  }
  const findings = [...beat, ...clockFindings(status), ...loopFindings(status)]
  return { verdict: findings.length === 0 ? "healthy" : "degraded", findings, status }
}

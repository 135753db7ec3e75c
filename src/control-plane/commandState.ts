import * as DateTime from "effect/DateTime"
import type { CommandRecord } from "../protocol/OperatorApi.ts"

/** What is known of one command. `running`: the agent's last beat says that it is at it. */
export interface CommandProgress {
  readonly finished: boolean
  readonly delivered: boolean
  readonly running: boolean
  readonly expiresAt: DateTime.Utc
}

/**
 * A command expires when nobody began it in time. One that is running past its time has not expired, and a result
 * that arrives later still finishes it.
 */
export const commandState = (progress: CommandProgress, at: DateTime.Utc): CommandRecord["state"] => {
  if (progress.finished) return "finished"
  if (DateTime.isLessThanOrEqualTo(progress.expiresAt, at) && !progress.running) return "expired"
  return progress.delivered ? "delivered" : "queued"
}

import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

/** Seconds between two beats of one agent, as told in every reply. */
export const HeartbeatInterval = Context.Reference<number>("patchctl/control-plane/HeartbeatInterval", {
  defaultValue: () => 300,
})

/** Whether a server's last beat is not older than two intervals, so that one lost beat is no alarm. */
export const isOnline = (
  lastBeatAt: DateTime.Utc | undefined,
  now: DateTime.Utc,
  intervalSeconds: number,
): boolean =>
  lastBeatAt !== undefined && Duration.toSeconds(DateTime.distance(lastBeatAt, now)) <= 2 * intervalSeconds

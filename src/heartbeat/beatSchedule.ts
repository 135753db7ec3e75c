import * as Duration from "effect/Duration"
import type { MachineId } from "../domain/Identifiers.ts"
import { longestServerInterval } from "../schedules.ts"

/** The configured interval, or the longer one the server asked for, within reason. */
export const effectiveInterval = (
  configured: Duration.Duration,
  asked: Duration.Duration,
): Duration.Duration => Duration.max(configured, Duration.min(asked, longestServerInterval))

/**
 * Time until this host's next slot. Slots recur every interval at an offset drawn from the machine id, so a fleet
 * spreads evenly and stays spread, whenever its agents were started. More than zero, at most one interval.
 */
export const untilNextSlot = (
  nowMilliseconds: number,
  interval: Duration.Duration,
  machineId: MachineId | undefined,
): Duration.Duration => {
  const period = Duration.toMillis(interval)
  const offset = machineId === undefined ? 0 : Number.parseInt(machineId.slice(0, 12), 16) % period
  const phase = (((nowMilliseconds - offset) % period) + period) % period
  return Duration.millis(period - phase)
}

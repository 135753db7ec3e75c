import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { type InstallWindow, type TimeOfDay, Weekday } from "../domain/Policy.ts"

const minutesOfDay = 24 * 60

const minutesOf = (time: TimeOfDay): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

/** What the clock on the wall shows, as if it were UTC, so that it can be counted with. */
const wallClock = (now: DateTime.Zoned): DateTime.Utc => {
  const { year, month, day, hour, minute } = DateTime.toParts(now)
  return DateTime.makeUnsafe({ year, month, day, hour, minute })
}

const midnight = (wall: DateTime.Utc, dayOffset: number): DateTime.Utc =>
  DateTime.add(DateTime.startOf(wall, "day"), { days: dayOffset })

const isOn = ({ days }: InstallWindow, day: DateTime.Utc): boolean => {
  const name = Weekday.literals[DateTime.toPartsUtc(day).weekDay]
  return days === undefined || (name !== undefined && days.includes(name))
}

/** One opening of a window, by the wall clock. */
interface Opening {
  readonly from: DateTime.Utc
  readonly to: DateTime.Utc
}

/** The openings that begin on the days from `first` to `last`, counted from the day of `wall`. */
const openings = (
  windows: ReadonlyArray<InstallWindow>,
  wall: DateTime.Utc,
  first: number,
  last: number,
): ReadonlyArray<Opening> =>
  Array.from({ length: last - first + 1 }, (_, index) => midnight(wall, first + index)).flatMap((day) =>
    windows
      .filter((window) => isOn(window, day))
      .map((window) => {
        const from = minutesOf(window.from)
        const to = minutesOf(window.to)
        return {
          from: DateTime.add(day, { minutes: from }),
          to: DateTime.add(day, { minutes: to > from ? to : to + minutesOfDay }),
        }
      }),
  )

/**
 * The instant at which the wall clock shows `wall`, after `now`. When clocks are set back it shows it twice; when they
 * are set forward, perhaps never: then the hour that is left out is taken off.
 */
const instantAfter = (wall: DateTime.Utc, now: DateTime.Zoned): DateTime.Utc => {
  const at = (disambiguation: DateTime.Disambiguation) =>
    DateTime.toUtc(
      DateTime.makeZonedUnsafe(wall, { timeZone: now.zone, adjustForTimeZone: true, disambiguation }),
    )
  const earlier = at("earlier")
  return DateTime.isGreaterThan(earlier, now) ? earlier : at("later")
}

/** When the window that is open now closes; of several, the last. None: all are closed. */
export const openUntil = (
  windows: ReadonlyArray<InstallWindow>,
  now: DateTime.Zoned,
): Option.Option<DateTime.Utc> => {
  const wall = wallClock(now)
  const ends = openings(windows, wall, -1, 0)
    .filter(({ from, to }) => DateTime.isLessThanOrEqualTo(from, wall) && DateTime.isGreaterThan(to, wall))
    .map(({ to }) => to)
    .toSorted(DateTime.Order)
  return Option.map(Option.fromNullishOr(ends.at(-1)), (end) => instantAfter(end, now))
}

const twoDigits = (part: number): string => String(part).padStart(2, "0")

/** The next opening, in words and by the wall clock: `tue 2026-11-24 at 22:00`. */
export const nextOpening = (windows: ReadonlyArray<InstallWindow>, now: DateTime.Zoned): string => {
  const wall = wallClock(now)
  const [next] = openings(windows, wall, 0, 7)
    .map(({ from }) => from)
    .filter((from) => DateTime.isGreaterThan(from, wall))
    .toSorted(DateTime.Order)
  if (next === undefined) return "never"
  const { weekDay, hour, minute } = DateTime.toPartsUtc(next)
  return `${Weekday.literals[weekDay] ?? ""} ${DateTime.formatIsoDateUtc(next)} at ${twoDigits(hour)}:${twoDigits(minute)}`
}

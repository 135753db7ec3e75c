import * as DateTime from "effect/DateTime"

const units = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
] as const

/** The two largest units that are not zero: `2 h 5 min`, `40 s`. */
export const durationText = (seconds: number): string => {
  let rest = Math.max(0, Math.round(seconds))
  const parts = units.flatMap(([size, unit]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [`${count} ${unit}`]
  })
  return parts.length === 0 ? "0 s" : parts.slice(0, 2).join(" ")
}

/** `2026-11-22 10:00:00 UTC`. */
export const instantText = (at: DateTime.Utc): string =>
  `${DateTime.formatIso(at).slice(0, 19).replace("T", " ")} UTC`

export const secondsBetween = (a: DateTime.Utc, b: DateTime.Utc) =>
  (DateTime.toEpochMillis(b) - DateTime.toEpochMillis(a)) / 1000

/** `3 min ago`, `in 2 min`, seen from `now`. */
export const relativeText = (at: DateTime.Utc, now: DateTime.Utc): string => {
  const seconds = secondsBetween(at, now)
  return seconds < 0 ? `in ${durationText(-seconds)}` : `${durationText(seconds)} ago`
}

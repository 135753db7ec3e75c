import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** No server may silence an agent for longer by one answer. */
const longestSeconds = 86_400

/**
 * `Retry-After` (RFC 9110 10.2.3) in whole seconds from `now`, at most a day: either a number or an HTTP-date.
 * `undefined` for anything else.
 */
export const retryAfterSeconds = (value: string | undefined, now: DateTime.Utc): number | undefined => {
  if (value === undefined) return undefined
  if (/^\d{1,10}$/.test(value)) return Math.min(Number(value), longestSeconds)
  // The one format that RFC 9110 5.6.7 lets a server send.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return undefined
  const at = Option.getOrUndefined(DateTime.make(value))
  if (at === undefined) return undefined
  const seconds = Math.ceil((DateTime.toEpochMillis(at) - DateTime.toEpochMillis(now)) / 1000)
  return Math.min(Math.max(seconds, 0), longestSeconds)
}

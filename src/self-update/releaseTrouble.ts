import { ReleasesRefused } from "./ReleaseSource.ts"

/**
 * Why tuf-js refused something, from its words: it wraps some of its errors in others and keeps only the text. What is not
 * known is malformed.
 */
const words: ReadonlyArray<readonly [RegExp, ReleasesRefused["reason"]]> = [
  [/is expired/, "expired"],
  [/was signed by \d+\/\d+ keys/, "wrong_signature"],
  [/is less than current version|does(?: not|n't) match (?:timestamp|snapshot)|^Missing file/, "rolled_back"],
]

/** What tuf-js complained of, as one line of at most 300 characters. */
const textOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ").slice(0, 300)

/** The refusal that a failure of tuf-js stands for. */
export const releaseTrouble = (cause: unknown): ReleasesRefused => {
  const detail = textOf(cause)
  const [, reason] = words.find(([pattern]) => pattern.test(detail)) ?? []
  return new ReleasesRefused({ reason: reason ?? "malformed", detail })
}

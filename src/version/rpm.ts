import { pastEpoch } from "./evr.ts"
import { compareDigits, compareTexts, isDigit, isLetter, pastDigits, pastLetters, sign } from "./segments.ts"

/** What can follow a separator, from older to newer. */
const tilde = 0
const end = 1
const caret = 2
const letters = 3
const number = 4
/** What goes before one of these. */
const separator = 5

/** Of each ASCII character; all others are separators. A table, because every character is asked for. */
const kinds = Uint8Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (isDigit(character, 0)) return number
  if (isLetter(character, 0)) return letters
  return character === "~" ? tilde : character === "^" ? caret : separator
})

const kindAt = (text: string, at: number): number => kinds[text.charCodeAt(at)] ?? separator

/** The first place from `at` on that holds no separator; or `past`. */
const pastSeparators = (text: string, at: number, past: number): number => {
  let place = at
  while (place < past && kindAt(text, place) === separator) place += 1
  return place
}

/**
 * Versions, or releases, that stand from one place of a text to another: the first difference in kind or value decides.
 * Separators only separate. Nothing is cut out: that takes as long as comparing.
 */
const compareParts = (
  a: string,
  startA: number,
  endA: number,
  b: string,
  startB: number,
  endB: number,
): -1 | 0 | 1 => {
  let inA = startA
  let inB = startB
  for (;;) {
    inA = pastSeparators(a, inA, endA)
    inB = pastSeparators(b, inB, endB)
    const kind = inA === endA ? end : kindAt(a, inA)
    const other = inB === endB ? end : kindAt(b, inB)
    if (kind !== other) return sign(kind - other)
    if (kind === end) return 0
    if (kind === tilde || kind === caret) {
      inA += 1
      inB += 1
      continue
    }
    const past = kind === number ? pastDigits : pastLetters
    const pastA = past(a, inA)
    const pastB = past(b, inB)
    const order =
      kind === number
        ? compareDigits(a, inA, pastA, b, inB, pastB)
        : compareTexts(a.slice(inA, pastA), b.slice(inB, pastB))
    if (order !== 0) return order
    inA = pastA
    inB = pastB
  }
}

/**
 * Orders two rpm versions `[epoch:]version[-release]` as rpm-version(7) says, and as `rpm.vercmp` and `labelCompare`
 * do since rpm 4.16 (rpmio/rpmver.c, rpmio/rpmvercmp.c): `~` sorts before the end of the text, `^` just after it, and
 * letters before numbers. A missing epoch is 0. A missing release is older than any release, so `1.0` is older than
 * `1.0-1`. Letters outside ASCII are separators, and so is `^` to rpm before 4.14.3.
 *
 * Total and transitive on all texts. rpm itself refuses the empty one; here it is a version without segments.
 */
export const compare = (a: string, b: string): -1 | 0 | 1 => {
  if (a === b) return 0
  const versionA = pastEpoch(a)
  const versionB = pastEpoch(b)
  const hyphenA = a.lastIndexOf("-")
  const hyphenB = b.lastIndexOf("-")
  const order =
    compareDigits(a, 0, Math.max(versionA - 1, 0), b, 0, Math.max(versionB - 1, 0)) ||
    compareParts(
      a,
      versionA,
      hyphenA === -1 ? a.length : hyphenA,
      b,
      versionB,
      hyphenB === -1 ? b.length : hyphenB,
    )
  if (order !== 0) return order
  if (hyphenA === -1 || hyphenB === -1) return sign(hyphenA === hyphenB ? 0 : hyphenA - hyphenB)
  return compareParts(a, hyphenA + 1, a.length, b, hyphenB + 1, b.length)
}

import {
  compareNumbers,
  compareTexts,
  isDigit,
  isLetter,
  pastDigits,
  pastLetters,
  pastSeparators,
  sign,
} from "./segments.ts"
import { parse } from "./evr.ts"

/** What can follow a separator, from older to newer. */
const tilde = 0
const end = 1
const caret = 2
const letters = 3
const number = 4

const operators = "~^"

/** Of a place that holds no separator. */
const kindAt = (text: string, at: number): number => {
  if (at >= text.length) return end
  if (isDigit(text, at)) return number
  if (isLetter(text, at)) return letters
  return text.charAt(at) === "~" ? tilde : caret
}

/** Versions, or releases: the first difference in kind or value decides. Separators only separate. */
const compareParts = (a: string, b: string): -1 | 0 | 1 => {
  let inA = 0
  let inB = 0
  for (;;) {
    inA = pastSeparators(a, inA, operators)
    inB = pastSeparators(b, inB, operators)
    const kind = kindAt(a, inA)
    const other = kindAt(b, inB)
    if (kind !== other) return sign(kind - other)
    if (kind === end) return 0
    if (kind === tilde || kind === caret) {
      inA += 1
      inB += 1
      continue
    }
    const past = kind === number ? pastDigits : pastLetters
    const segmentA = a.slice(inA, past(a, inA))
    const segmentB = b.slice(inB, past(b, inB))
    const order = kind === number ? compareNumbers(segmentA, segmentB) : compareTexts(segmentA, segmentB)
    if (order !== 0) return order
    inA += segmentA.length
    inB += segmentB.length
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
  const left = parse(a)
  const right = parse(b)
  const order = compareNumbers(left.epoch, right.epoch) || compareParts(left.version, right.version)
  if (order !== 0) return order
  if (left.release === undefined || right.release === undefined) {
    return sign(Number(left.release !== undefined) - Number(right.release !== undefined))
  }
  return compareParts(left.release, right.release)
}

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

/** In UTF-8, where a surrogate pair takes four: pacman counts separators by the byte. */
const byteLength = (text: string): number => {
  let bytes = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3
  }
  return bytes
}

/** One text has ended, or both. Letters that go on are a pre-release (`1.0rc1`); anything else is newer. */
const compareEnds = (a: string, inA: number, b: string, inB: number): -1 | 0 | 1 => {
  if (inA < a.length) return isLetter(a, inA) ? -1 : 1
  if (inB < b.length) return isLetter(b, inB) ? 1 : -1
  return 0
}

/** Versions, or releases: separators and segments in turn. More separators are newer, and numbers than letters. */
const compareParts = (a: string, b: string): -1 | 0 | 1 => {
  let inA = 0
  let inB = 0
  while (inA < a.length && inB < b.length) {
    const segmentA = pastSeparators(a, inA)
    const segmentB = pastSeparators(b, inB)
    if (segmentA === a.length || segmentB === b.length) return compareEnds(a, segmentA, b, segmentB)
    const wider = byteLength(a.slice(inA, segmentA)) - byteLength(b.slice(inB, segmentB))
    if (wider !== 0) return sign(wider)
    const isNumber = isDigit(a, segmentA)
    if (isNumber !== isDigit(b, segmentB)) return isNumber ? 1 : -1
    const past = isNumber ? pastDigits : pastLetters
    inA = past(a, segmentA)
    inB = past(b, segmentB)
    const textA = a.slice(segmentA, inA)
    const textB = b.slice(segmentB, inB)
    const order = isNumber ? compareNumbers(textA, textB) : compareTexts(textA, textB)
    if (order !== 0) return order
  }
  return compareEnds(a, inA, b, inB)
}

/**
 * Orders two pacman versions `[epoch:]pkgver[-pkgrel]` as vercmp(8) says, and as `vercmp` and libalpm do
 * (`alpm_pkg_vercmp` in lib/libalpm/version.c): rpm's order of 2010, in which `~` and `^` are separators like any
 * other, with letters at the end as a pre-release (`1.0rc1` is older than `1.0`) and separators counted. A missing
 * epoch is 0, and a missing pkgrel equals any pkgrel.
 *
 * Total, but, as pacman's own, not transitive on everything: `1.0-1` = `1.0` = `1.0-2`, and a separator at the end leads
 * round in circles (`1.a..b` < `1.a..` < `1.a.1` < `1.a..b`). It is transitive among versions that all have a pkgrel, or
 * all have none, and of which neither pkgver nor pkgrel ends in a separator.
 */
export const compare = (a: string, b: string): -1 | 0 | 1 => {
  if (a === b) return 0
  const left = parse(a)
  const right = parse(b)
  const order = compareNumbers(left.epoch, right.epoch) || compareParts(left.version, right.version)
  return order !== 0 || left.release === undefined || right.release === undefined
    ? order
    : compareParts(left.release, right.release)
}

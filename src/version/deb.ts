import { compareNumbers, isDigit, isLetter, pastDigits, sign } from "./segments.ts"

/** `~` before the end of the text, then letters, then everything else. Digits and the end weigh the same. */
const weight = (text: string, at: number): number => {
  if (at >= text.length || isDigit(text, at)) return 0
  const code = text.charCodeAt(at)
  if (code === 0x7e) return -1
  return isLetter(text, at) ? code : code + 0x10000
}

/** Upstream versions, or revisions: non-digits and numbers in turn. */
const compareParts = (a: string, b: string): -1 | 0 | 1 => {
  let inA = 0
  let inB = 0
  while (inA < a.length || inB < b.length) {
    for (;;) {
      const left = weight(a, inA)
      const right = weight(b, inB)
      if (left !== right) return sign(left - right)
      if (left === 0) break
      inA += 1
      inB += 1
    }
    const endA = pastDigits(a, inA)
    const endB = pastDigits(b, inB)
    const order = compareNumbers(a.slice(inA, endA), b.slice(inB, endB))
    if (order !== 0) return order
    inA = endA
    inB = endB
  }
  return 0
}

/** A missing epoch is 0 and a missing revision is empty, which equals `0`. */
const split = (version: string): readonly [epoch: string, upstream: string, revision: string] => {
  const colon = version.indexOf(":")
  const hyphen = version.lastIndexOf("-")
  return [
    colon === -1 ? "" : version.slice(0, colon),
    version.slice(colon + 1, hyphen > colon ? hyphen : undefined),
    hyphen > colon ? version.slice(hyphen + 1) : "",
  ]
}

/**
 * Orders two Debian versions `[epoch:]upstream[-revision]` as Debian Policy 5.6.12 and deb-version(7) say, and as
 * `dpkg --compare-versions` does. Total: a text that is no valid version still has its place.
 */
export const compare = (a: string, b: string): -1 | 0 | 1 => {
  if (a === b) return 0
  const [epochA, upstreamA, revisionA] = split(a)
  const [epochB, upstreamB, revisionB] = split(b)
  return (
    compareParts(epochA, epochB) || compareParts(upstreamA, upstreamB) || compareParts(revisionA, revisionB)
  )
}

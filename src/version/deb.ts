const zero = 0x30
const nine = 0x39

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= zero && code <= nine
}

/** `~` before the end of the text, then letters, then everything else. Digits and the end weigh the same. */
const weight = (text: string, at: number): number => {
  if (at >= text.length || isDigit(text, at)) return 0
  const code = text.charCodeAt(at)
  if (code === 0x7e) return -1
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x7a ? code : code + 0x10000
}

const pastZeros = (text: string, at: number): number => {
  let next = at
  while (text.charCodeAt(next) === zero) next += 1
  return next
}

const pastDigits = (text: string, at: number): number => {
  let next = at
  while (isDigit(text, next)) next += 1
  return next
}

const sign = (difference: number): -1 | 0 | 1 => (difference < 0 ? -1 : difference > 0 ? 1 : 0)

/** Upstream versions, or revisions: non-digits and numbers in turn. Numbers may have any length. */
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
    const startA = pastZeros(a, inA)
    const startB = pastZeros(b, inB)
    inA = pastDigits(a, startA)
    inB = pastDigits(b, startB)
    const longer = inA - startA - (inB - startB)
    if (longer !== 0) return sign(longer)
    const digitsA = a.slice(startA, inA)
    const digitsB = b.slice(startB, inB)
    if (digitsA !== digitsB) return digitsA < digitsB ? -1 : 1
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

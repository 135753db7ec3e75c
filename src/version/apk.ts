import { compareNumbers, compareTexts, isDigit, pastDigits, sign } from "./segments.ts"

/** What a version is made of, in the order in which it may follow. Of two kinds the earlier here is newer. */
const kinds = {
  first: 0,
  number: 1,
  letter: 2,
  suffix: 3,
  suffixNumber: 4,
  hash: 5,
  revision: 6,
  end: 7,
  invalid: 8,
} as const

type Kind = (typeof kinds)[keyof typeof kinds]

interface Token {
  readonly kind: Kind
  /** Without the character that announces it: of a suffix the name, of a revision the number. */
  readonly text: string
  /** Where the rest of the version begins. */
  readonly past: number
}

const preReleases = ["alpha", "beta", "pre", "rc"]
/** From older to newer; a version without a suffix stands between `rc` and `cvs`. */
const suffixes = [...preReleases, "cvs", "svn", "git", "hg", "p"]

const isLowerCase = (text: string, at: number): boolean => text.charAt(at) >= "a" && text.charAt(at) <= "z"

const pastLowerCase = (text: string, at: number): number => {
  let past = at
  while (isLowerCase(text, past)) past += 1
  return past
}

const pastHexadecimal = (text: string, at: number): number => {
  let past = at
  while (isDigit(text, past) || (text.charAt(past) >= "a" && text.charAt(past) <= "f")) past += 1
  return past
}

const nothing: Token = { kind: kinds.end, text: "", past: 0 }
const invalid: Token = { kind: kinds.invalid, text: "", past: 0 }

const token = (kind: Kind, version: string, from: number, past: number): Token =>
  from === past ? invalid : { kind, text: version.slice(from, past), past }

const numberToken = (kind: Kind, version: string, from: number): Token =>
  token(kind, version, from, pastDigits(version, from))

/** The token after one of kind `before`. */
const tokenAt = (version: string, at: number, before: Kind): Token => {
  if (at >= version.length) return nothing
  const from = at + 1
  switch (version.charAt(at)) {
    case ".":
      return before <= kinds.number ? numberToken(kinds.number, version, from) : invalid
    case "_": {
      const suffix = token(kinds.suffix, version, from, pastLowerCase(version, from))
      return before <= kinds.suffixNumber && suffixes.includes(suffix.text) ? suffix : invalid
    }
    case "~":
      return before < kinds.hash ? token(kinds.hash, version, from, pastHexadecimal(version, from)) : invalid
    case "-":
      return before < kinds.revision && version.charAt(from) === "r"
        ? numberToken(kinds.revision, version, from + 1)
        : invalid
    default:
      if (before === kinds.suffix) return numberToken(kinds.suffixNumber, version, at)
      return before <= kinds.number && isLowerCase(version, at)
        ? token(kinds.letter, version, at, from)
        : invalid
  }
}

/** With a leading zero, numbers behind a dot compare as text, like decimals: 1.09 is older than 1.1. */
const compareSameKind = (a: Token, b: Token): -1 | 0 | 1 => {
  switch (a.kind) {
    case kinds.number:
      return a.text.startsWith("0") || b.text.startsWith("0")
        ? compareTexts(a.text, b.text)
        : compareNumbers(a.text, b.text)
    case kinds.first:
    case kinds.suffixNumber:
    case kinds.revision:
      return compareNumbers(a.text, b.text)
    case kinds.suffix:
      return sign(suffixes.indexOf(a.text) - suffixes.indexOf(b.text))
    default:
      return compareTexts(a.text, b.text)
  }
}

const isPreRelease = ({ kind, text }: Token): boolean => kind === kinds.suffix && preReleases.includes(text)

/**
 * Orders two Alpine versions `number{.number}{letter}{_suffix{number}}{~hash}{-rnumber}` as apk-package(5) says, and as
 * `apk version -t` does in apk-tools 3 (src/version.c). Numbers may have any length; apk's own wrap at 2^64.
 *
 * apk-tools 2 differs where numbers after a dot have leading zeros and different lengths (1.010 is newer than 1.02
 * there, older in 3), and knows no `~hash`.
 *
 * Total and transitive on all texts. `apk version -t` 3 refuses what is no valid version; as apk's solver does, such a
 * text is compared up to where it goes wrong, and is there older than anything but a pre-release suffix. Two that go
 * wrong at the same place are equal.
 */
export const compare = (a: string, b: string): -1 | 0 | 1 => {
  if (a === b) return 0
  let left = numberToken(kinds.first, a, 0)
  let right = numberToken(kinds.first, b, 0)
  for (;;) {
    if (left.kind !== right.kind) {
      if (isPreRelease(left)) return -1
      if (isPreRelease(right)) return 1
      return sign(right.kind - left.kind)
    }
    if (left.kind >= kinds.end) return 0
    const order = compareSameKind(left, right)
    if (order !== 0) return order
    left = tokenAt(a, left.past, left.kind)
    right = tokenAt(b, right.past, right.kind)
  }
}

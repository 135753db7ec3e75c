const zero = 0x30
const nine = 0x39

export const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= zero && code <= nine
}

/** An ASCII letter: to every package manager here all others are separators. */
export const isLetter = (text: string, at: number): boolean => {
  const lower = text.charCodeAt(at) | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

/** The first place from `at` on that holds no digit. */
export const pastDigits = (text: string, at: number): number => {
  let past = at
  while (isDigit(text, past)) past += 1
  return past
}

/** The first place from `at` on that holds no letter. */
export const pastLetters = (text: string, at: number): number => {
  let past = at
  while (isLetter(text, past)) past += 1
  return past
}

/** The first place from `at` on that holds a digit or a letter; or the end. */
export const pastSeparators = (text: string, at: number): number => {
  let past = at
  while (past < text.length && !isDigit(text, past) && !isLetter(text, past)) past += 1
  return past
}

export const sign = (difference: number): -1 | 0 | 1 => (difference < 0 ? -1 : difference > 0 ? 1 : 0)

/** By UTF-16 code units; of ASCII that is what strcmp says. */
export const compareTexts = (a: string, b: string): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0)

const pastZeros = (text: string, at: number): number => {
  let past = at
  while (text.charCodeAt(past) === zero) past += 1
  return past
}

/** As `compareNumbers`, of the digits between two places of each text, cut out of neither. */
export const compareDigits = (
  a: string,
  startA: number,
  endA: number,
  b: string,
  startB: number,
  endB: number,
): -1 | 0 | 1 => {
  let inA = Math.min(pastZeros(a, startA), endA)
  let inB = Math.min(pastZeros(b, startB), endB)
  if (endA - inA !== endB - inB) return sign(endA - inA - (endB - inB))
  while (inA < endA && a.charCodeAt(inA) === b.charCodeAt(inB)) {
    inA += 1
    inB += 1
  }
  return inA === endA ? 0 : sign(a.charCodeAt(inA) - b.charCodeAt(inB))
}

/** Two runs of digits as numbers, of any length. No digits at all are 0. */
export const compareNumbers = (a: string, b: string): -1 | 0 | 1 =>
  compareDigits(a, 0, a.length, b, 0, b.length)

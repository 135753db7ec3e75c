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

/** The first place from `at` on that holds a digit, a letter or one of the `operators`; or the end. */
export const pastSeparators = (text: string, at: number, operators = ""): number => {
  let past = at
  while (
    past < text.length &&
    !isDigit(text, past) &&
    !isLetter(text, past) &&
    !operators.includes(text.charAt(past))
  ) {
    past += 1
  }
  return past
}

export const sign = (difference: number): -1 | 0 | 1 => (difference < 0 ? -1 : difference > 0 ? 1 : 0)

/** By UTF-16 code units; of ASCII that is what strcmp says. */
export const compareTexts = (a: string, b: string): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0)

const significant = (digits: string): string => {
  let first = 0
  while (digits.charCodeAt(first) === zero) first += 1
  return digits.slice(first)
}

/** Two runs of digits as numbers, of any length. No digits at all are 0. */
export const compareNumbers = (a: string, b: string): -1 | 0 | 1 => {
  const digitsA = significant(a)
  const digitsB = significant(b)
  return sign(digitsA.length - digitsB.length) || compareTexts(digitsA, digitsB)
}

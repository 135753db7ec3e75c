/**
 * Text from outside on one line. Repository metadata may hold escape sequences, which must not reach the terminal
 * of the administrator who looks at them.
 */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim()

/** `1 update`, `2 updates`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** Colours for a terminal that shows them; otherwise nothing is added. */
export const paint = (colours: boolean) => {
  const wrap = (code: number) => (text: string) => (colours ? `\u{1b}[${code}m${text}\u{1b}[0m` : text)
  return { good: wrap(32), doubtful: wrap(33), bad: wrap(31), faint: wrap(2), strong: wrap(1) }
}
export type Paint = ReturnType<typeof paint>

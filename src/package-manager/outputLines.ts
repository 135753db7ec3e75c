/** The lines of a program's output, one at a time: no array of thousands of lines beside the text itself. */
export function* outputLines(text: string): Generator<string> {
  let start = 0
  while (start < text.length) {
    const newline = text.indexOf("\n", start)
    const end = newline === -1 ? text.length : newline
    yield text.charCodeAt(end - 1) === 0x0d && end > start
      ? text.slice(start, end - 1)
      : text.slice(start, end)
    start = end + 1
  }
}

/** A longer rest without an end of line is no line of any file that is read here, and is not kept. */
const longestLine = 64 * 1024

/** Cuts a text that comes in pieces into lines, each handed on when it is complete. */
export const linesOfPieces = (read: (line: string) => void) => {
  let rest = ""
  return {
    add: (text: string) => {
      const end = text.lastIndexOf("\n") + 1
      if (end > 0) {
        for (const line of outputLines(rest + text.slice(0, end))) read(line)
        rest = ""
      }
      rest = (rest + text.slice(end)).slice(0, longestLine)
    },
    /** What came after the last end of line. */
    rest: () => rest,
  }
}

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

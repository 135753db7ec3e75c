/** Collects the bytes of one output stream of a program within a fixed amount of memory. */
export interface OutputBuffer {
  readonly add: (chunk: Uint8Array) => void
  /** What was kept, as UTF-8; bytes that are none become U+FFFD. */
  readonly text: () => string
  /** Whether anything was dropped. */
  readonly truncated: () => boolean
}

const decode = (chunks: ReadonlyArray<Uint8Array>) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(chunks))

/** Keeps the first `limitBytes` bytes. */
export const keepFirst = (limitBytes: number): OutputBuffer => {
  const chunks: Array<Uint8Array> = []
  let kept = 0
  let dropped = false
  return {
    add: (chunk) => {
      const room = chunk.subarray(0, limitBytes - kept)
      if (room.length > 0) chunks.push(room)
      kept += room.length
      dropped ||= room.length < chunk.length
    },
    text: () => decode(chunks),
    truncated: () => dropped,
  }
}

/** Keeps the last `limitBytes` bytes. */
export const keepLast = (limitBytes: number): OutputBuffer => {
  let kept: Uint8Array = new Uint8Array()
  let dropped = false
  return {
    add: (chunk) => {
      const both = Buffer.concat([kept, chunk.subarray(Math.max(0, chunk.length - limitBytes))])
      dropped ||= kept.length + chunk.length > limitBytes
      kept = both.subarray(Math.max(0, both.length - limitBytes))
    },
    text: () => decode([kept]),
    truncated: () => dropped,
  }
}

/**
 * Cuts a byte stream into its complete lines, without `\n` or `\r\n`, across chunk and character borders. Of a
 * line longer than `limitBytes` the beginning is given; a last line without an end is not, for it may be cut.
 */
export const splitLines = (limitBytes = 64 * 1024): ((chunk: Uint8Array) => ReadonlyArray<string>) => {
  const newline = 0x0a
  let line = keepFirst(limitBytes)
  return (chunk) => {
    const lines: Array<string> = []
    let rest = chunk
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      line.add(rest.subarray(0, end))
      lines.push(line.text().replace(/\r$/, ""))
      line = keepFirst(limitBytes)
      rest = rest.subarray(end + 1)
    }
    line.add(rest)
    return lines
  }
}

import { stripVTControlCharacters } from "node:util"

const gap = "  "

/**
 * Columns as `textTable` makes them, for thousands of rows: that one takes a millisecond for each. Cells are one line of
 * narrow characters, colours aside.
 */
export const alignedRows = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths: Array<number> = []
  const measured = rows.map((row) =>
    row.map((cell, column) => {
      const width = stripVTControlCharacters(cell).length
      widths[column] = Math.max(widths[column] ?? 0, width)
      return { cell, width }
    }),
  )
  return measured.map((row) =>
    row
      .map(({ cell, width }, column) => cell + " ".repeat((widths[column] ?? 0) - width))
      .join(gap)
      .trimEnd(),
  )
}

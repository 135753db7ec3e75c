/** One table of a page; `mark` is the comment in front of it, or empty: `<!-- codes: RefusalCode -->`. */
export interface Table {
  readonly mark: string
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

const cells = (line: string) =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())

/** Every table of a page in Markdown. */
export const tablesOf = (page: string): ReadonlyArray<Table> =>
  [...page.matchAll(/(?:^<!-- ([^\n]*) -->\n\n)?(^\|[^\n]*\|\n\|[-| ]+\|\n)((?:\|[^\n]*\|\n)*)/gm)].map(
    ([, mark = "", head = "", rows = ""]) => ({
      mark,
      head: cells(head.split("\n")[0] ?? ""),
      rows: rows
        .split("\n")
        .filter((line) => line !== "")
        .map(cells),
    }),
  )

const codeColumns = ["code", "problem", "reason", "outcome", "state", "check", "waits for"]

const column = (
  tables: ReadonlyArray<Table>,
  mark: string,
  choose: (head: ReadonlyArray<string>) => number,
) =>
  tables
    .filter((table) => table.mark === mark)
    .flatMap(({ head, rows }) => rows.map((row) => row[choose(head)] ?? ""))

const quoted = (texts: ReadonlyArray<string>, pattern: RegExp) =>
  texts.flatMap((text) => [...text.matchAll(pattern)].map(([, word = ""]) => word))

/** The words in the column of a marked table that holds codes. */
export const codesIn = (tables: ReadonlyArray<Table>, mark: string): ReadonlyArray<string> =>
  quoted(
    column(tables, mark, (head) => head.findIndex((name) => codeColumns.includes(name))),
    /`(\w+)`/g,
  )

/** Everything that the first column of a marked table quotes. */
export const messagesIn = (tables: ReadonlyArray<Table>, mark: string): ReadonlyArray<string> =>
  quoted(
    column(tables, mark, () => 0),
    /`([^`]+)`/g,
  )

import { globSync, readFileSync } from "node:fs"

/** Every page in Markdown for people: those at the top, and docs/. */
export const pages: ReadonlyArray<{ readonly path: string; readonly text: string }> = [
  ...globSync("*.md"),
  ...globSync("docs/**/*.md"),
]
  .toSorted()
  .map((path) => ({ path, text: readFileSync(path, "utf8") }))

/** What somebody would type at a prompt or run as a script: blocks that are indented, and fenced ones of `sh`. */
const shellBlocks = (text: string): ReadonlyArray<string> => {
  const fenced = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block)
  const rest = text.replaceAll(/^```.*?^```$/gms, "")
  const indented = [...rest.matchAll(/(?:^|\n)\n((?: {4}\S[^\n]*\n)+)/g)].map(([, block = ""]) => block)
  return [...fenced, ...indented]
}

/** The words of a shell command without quotes. */
const wordsOf = (command: string): ReadonlyArray<string> =>
  [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ""))

const withoutComment = (line: string) => line.replace(/(?:^|\s)#.*$/, "")

/** Every single command in the blocks of a page, as words. */
export const commandsOf = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  shellBlocks(text).flatMap((block) =>
    block
      .replaceAll(/\\\n/g, " ")
      .split("\n")
      .flatMap((line) => withoutComment(line).split(/\s(?:\||&&|;)\s/))
      .map((command) => wordsOf(command.trim()))
      .filter((words) => words.length > 0),
  )

/** What stands between single backticks, outside of blocks. */
export const spansOf = (text: string): ReadonlyArray<string> =>
  [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)].map(([, span = ""]) =>
    span.replaceAll(/\s+/g, " "),
  )

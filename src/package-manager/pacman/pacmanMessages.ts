import { lastWords, plainText, shortened } from "../outputText.ts"

/** pacman's errors: the lines it starts with `error: `, with the indented lines that follow. */
export const errorsOf = (stderr: string): ReadonlyArray<string> =>
  [...plainText(stderr).matchAll(/^error: (.*(?:\n[ \t]+.*)*)/gm)].map(([, text = ""]) =>
    text.replaceAll(/\s+/g, " ").trim(),
  )

const reasonLine =
  /^:: (unable to satisfy dependency .*|(?:installing|removing) .* breaks dependency .*|package \S+ does not have a valid architecture|\S+ and \S+ are in conflict(?: \(.*\))?)$/gm

/** Reasons that pacman gives below an error, on stdout: `:: lab-new and lab-old are in conflict`. */
export const reasonsOf = (stdout: string): ReadonlyArray<string> =>
  [...plainText(stdout).matchAll(reasonLine)].map(([, text = ""]) => text)

/** What went wrong in one line of at most 512 characters: pacman's own errors and reasons, else its last words. */
export const complaintOf = (result: { readonly stdout: string; readonly stderr: string }): string => {
  const said = [...new Set([...errorsOf(result.stderr), ...reasonsOf(result.stdout)])]
  return said.length > 0 ? shortened(said.join("; ")) : lastWords(result)
}

/** pacman could not take its lock. */
export const isLockRefusal = (stderr: string): boolean => /^error: .*unable to lock database/m.test(stderr)

/** What `-Qu` says of the databases of repositories it cannot use, by repository. */
export const unusableDatabases = (stderr: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const line of plainText(stderr).split("\n")) {
    const [, missing] = /^warning: database file for '(.+)' does not exist/.exec(line) ?? []
    const [, invalid, why = ""] = /^error: database '(.+)' is not valid \((.*)\)$/.exec(line) ?? []
    const [, unreadable, cause = ""] =
      /^error: could not open file \S*\/sync\/(.+)\.db: (.*)$/.exec(line) ?? []
    if (missing !== undefined) found.set(missing, "was never downloaded")
    if (invalid !== undefined) found.set(invalid, why)
    if (unreadable !== undefined) found.set(unreadable, cause)
  }
  return found
}

/** Errors of a query that are about no repository's database. */
export const otherErrors = (stderr: string, repositories: ReadonlySet<string>): ReadonlyArray<string> =>
  errorsOf(stderr).filter((error) => {
    const [, subject = ""] = /^(\S+): (?:signature|key|missing required signature|invalid)/.exec(error) ?? []
    return !repositories.has(subject) && unusableDatabases(`error: ${error}`).size === 0
  })

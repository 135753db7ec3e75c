import { plainText } from "../outputText.ts"

export interface FailedScripts {
  /** The failure, by the name of the package whose scriptlet it was. */
  readonly packages: ReadonlyMap<string, string>
  /** Failures that are no package's: those of hooks. */
  readonly hooks: ReadonlyArray<string>
}

const failureLine = /^error: (command (?:failed to execute correctly|terminated by signal .*|could not .*))$/
const packageLine =
  /^debug: (?:adding|upgrading|downgrading|reinstalling|removing) package (\S+)-[^-\s]+-[^-\s]+$/
const scriptletLine = /^debug: executing "\. \S*\/\.INSTALL; (\w+) /
const commandLine = /^debug: executing "(\/\S+)"/

/** What pacman says that is not for debugging, up to this many characters; its errors come last. */
const keptCharacters = 64 * 1024

/**
 * Follows `pacman --debug` on stderr line by line. Without it nobody could tell whose script failed: pacman exits with 0,
 * keeps no record, and says only that a command failed. The trace says before which package is at work and what is executed
 * for it: its scriptlet, or else a hook.
 */
export const watchScripts = () => {
  const packages = new Map<string, string>()
  const hooks: Array<string> = []
  let name = ""
  let scriptlet: string | undefined
  let executed = "a command"
  let isScriptlet = false
  let said = ""
  return {
    onErrorLine: (line: string): void => {
      if (line.startsWith("debug: ")) {
        const command = commandLine.exec(line)?.[1]
        if (command === undefined) {
          name = packageLine.exec(line)?.[1] ?? name
          scriptlet = scriptletLine.exec(line)?.[1] ?? scriptlet
        } else {
          // A scriptlet is announced first, and then the shell that runs it.
          isScriptlet = scriptlet !== undefined
          executed = scriptlet ?? command
          scriptlet = undefined
        }
        return
      }
      const text = plainText(line)
      said += `${text}\n`
      if (said.length > 2 * keptCharacters) said = said.slice(-keptCharacters)
      const failure = failureLine.exec(text)?.[1]
      if (failure === undefined) return
      if (isScriptlet) packages.set(name, `its ${executed} failed: ${failure}`)
      else hooks.push(`a hook that runs ${executed} failed: ${failure}`)
    },
    failed: (): FailedScripts => ({ packages, hooks }),
    /** What stderr would have been without the trace. */
    said: (): string => said.slice(-keptCharacters),
  }
}

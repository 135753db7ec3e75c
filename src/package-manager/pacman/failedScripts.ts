import { plainText } from "../outputText.ts"

/** A failure of a script, and where in the transaction it was reported. */
interface Failure {
  readonly message: string
  /** How many packages had been begun. */
  readonly begun: number
  /** The hook at work; undefined before the hooks that follow the packages. */
  readonly hook: string | undefined
}

export interface FailedScripts {
  /** The failure, by the name of the package whose scriptlet it was. */
  readonly packages: ReadonlyMap<string, string>
  /** Failures that are no package's alone: those of hooks. */
  readonly hooks: ReadonlyArray<string>
}

/** The package that pacman begins to change. */
export const begunPackage = (line: string): { readonly step: string; readonly name: string } | undefined => {
  const [, step = "", name] =
    /^(upgrading|installing|reinstalling|downgrading|removing) (\S+)\.\.\.$/.exec(plainText(line)) ?? []
  return name === undefined ? undefined : { step, name }
}

const failureLine =
  /^error: (command (?:failed to execute correctly|terminated by signal .*|could not be .*))$/

/**
 * Finds out whose scripts failed. pacman exits with 0, keeps no record of it, and says only that a command failed, on
 * stderr, while stdout says what it is at. So the lines of both must be given as they come. They may overtake each other a
 * little, therefore a failure is blamed on the last package begun that has a scriptlet at all.
 */
export const watchScripts = () => {
  const begun: Array<string> = []
  const failures: Array<Failure> = []
  let hook: string | undefined
  return {
    onLine: (line: string): void => {
      const package_ = begunPackage(line)
      if (package_ !== undefined) begun.push(package_.name)
      else if (line.startsWith(":: Running post-transaction hooks")) hook = ""
      else if (hook !== undefined) hook = /^\( *\d+\/\d+\) (.*)$/.exec(plainText(line))?.[1] ?? hook
    },
    onErrorLine: (line: string): void => {
      const message = failureLine.exec(plainText(line))?.[1]
      if (message !== undefined) failures.push({ message, begun: begun.length, hook })
    },
    /** `hasScriptlet`: whether the package, in the version that was installed, brings scripts of its own. */
    failed: (hasScriptlet: (name: string) => boolean): FailedScripts => {
      const packages = new Map<string, string>()
      const hooks: Array<string> = []
      for (const failure of failures) {
        const suspect =
          failure.hook === undefined || failure.hook === ""
            ? begun.slice(0, failure.begun).findLast(hasScriptlet)
            : undefined
        if (suspect !== undefined) packages.set(suspect, `its scriptlet failed: ${failure.message}`)
        else hooks.push(`a hook failed (${failure.hook || "before the upgrade"}): ${failure.message}`)
      }
      return { packages, hooks }
    },
  }
}

import { closest, distance } from "fastest-levenshtein"
import { configKeys } from "./configKeys.ts"
import type { ConfigProblem } from "./ConfigError.ts"

/**
 * A name this near to a known one, in single-letter edits, is a typing error and refused: `pin` for `pins` must not
 * switch pinning off unseen. Any other unknown name only warns, because it may belong to a newer version that was
 * just rolled back, and an agent that does not start cannot be mended from afar.
 */
export const typoDistance = 2

const keyNames = configKeys.map((key) => key.name)

/** Variables that are read elsewhere and are no keys. */
const variableNames = [
  ...configKeys.map((key) => key.variable),
  "PATCHCTL_BOOT_ID",
  "PATCHCTL_CONFIG",
  "PATCHCTL_EXECUTOR_SOCKET",
  "PATCHCTL_INSTALLATION",
]

const meant = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const nearest = closest(name, known)
  return distance(name, nearest) <= typoDistance ? nearest : undefined
}

/**
 * An unknown name as it may be printed. A licence key that was pasted on the wrong side of the colon must not reach
 * a log, so only what looks like a setting is shown.
 */
const printable = (name: string, position: number): string =>
  /^[a-z]+(?:_[a-z]+)*$/.test(name) && name.length <= 40 && !/pk_|live/.test(name)
    ? name
    : `key number ${position + 1}`

/** What to say about the names in the file, and about `PATCHCTL_` variables, that are no settings. */
export const unknownSettings = (
  path: string,
  fileKeys: ReadonlyArray<string>,
  variables: Readonly<Record<string, string | undefined>>,
): { readonly problems: ReadonlyArray<ConfigProblem>; readonly warnings: ReadonlyArray<ConfigProblem> } => {
  const problems: Array<ConfigProblem> = []
  const warnings: Array<ConfigProblem> = []

  for (const [position, name] of fileKeys.entries()) {
    if (keyNames.includes(name)) continue
    const key = printable(name, position)
    const nearest = meant(name, keyNames)
    if (nearest === undefined) {
      const fault = "is not a setting of this version and is ignored"
      warnings.push({ where: path, key, fault, remedy: "remove it, unless a newer version needs it" })
    } else {
      problems.push({ where: path, key, fault: "is not a setting", remedy: `did you mean ${nearest}?` })
    }
  }
  // A variable far from every known one may be anybody's: Kubernetes makes PATCHCTL_SERVICE_HOST for a service.
  for (const name of Object.keys(variables)) {
    if (!name.startsWith("PATCHCTL_") || variableNames.includes(name)) continue
    const nearest = meant(name, variableNames)
    if (nearest === undefined) continue
    problems.push({
      where: "environment",
      key: name,
      fault: "is not a setting",
      remedy: `did you mean ${nearest}?`,
    })
  }
  return { problems, warnings }
}

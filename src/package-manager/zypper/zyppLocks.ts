import { outputLines } from "../outputLines.ts"
import { compare } from "../../version/rpm.ts"

/** One lock on packages. */
export interface ZyppLock {
  /** Patterns with `*` and `?`; any of them. */
  readonly names: ReadonlyArray<string>
  readonly caseSensitive: boolean
  /** Only these versions: an operator and an edition. */
  readonly range?: { readonly operator: string; readonly edition: string }
  /** Only what comes from these repositories; what is installed comes from none. */
  readonly repositories: ReadonlyArray<string>
}

type Stanza = Array<readonly [key: string, value: string]>

/** libzypp's `PoolQuery::recover`: `key: value` lines, ended by any line without a colon; `#` begins a comment. */
const stanzas = (text: string): ReadonlyArray<Stanza> => {
  const all: Array<Stanza> = [[]]
  for (const line of outputLines(text)) {
    if (line.startsWith("#")) continue
    const colon = line.indexOf(":")
    if (colon === -1) all.push([])
    else all.at(-1)?.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()])
  }
  return all.filter((stanza) => stanza.length > 0)
}

const understood: ReadonlySet<string> = new Set([
  "type",
  "kind",
  "repo",
  "match_type",
  "string_type",
  "case_sensitive",
  "version",
  "solvable_name",
  "comment",
])

/** `version: > 1.2` beside the name, or `solvable_name: NAME > 1.2`. */
const rangeOf = (text: string | undefined): ZyppLock["range"] => {
  const [, operator, edition] = /^(?:\S+ )?(<|<=|=|==|>=|>|!=) ?(\S+)$/.exec(text ?? "") ?? []
  return operator === undefined || edition === undefined ? undefined : { operator, edition }
}

const lockOf = (stanza: Stanza): ZyppLock | undefined => {
  const all = (...keys: ReadonlyArray<string>) =>
    stanza.filter(([key]) => keys.includes(key)).map(([, value]) => value)
  const names = all("solvable_name")
  const [how] = all("match_type", "string_type")
  const ranged = [...all("version"), ...names.filter((name) => name.includes(" "))]
  const range = rangeOf(ranged[0])
  const isJudged =
    names.length > 0 &&
    (how === "glob" || how === "exact") &&
    (range !== undefined || ranged.length === 0) &&
    ranged.length <= 1 &&
    stanza.every(([key]) => understood.has(key))
  return isJudged
    ? {
        names: names.map((name) => name.split(" ")[0] ?? name),
        caseSensitive: /^(?:on|true|yes|1)$/i.test(all("case_sensitive")[0] ?? ""),
        repositories: all("repo"),
        ...(range === undefined ? {} : { range }),
      }
    : undefined
}

/**
 * Reads `/etc/zypp/locks`: the locks on packages that can be judged without libzypp, which are all that
 * `zypper addlock` makes. Those by regular expression or by summary are left out, and so are those on patches,
 * patterns and products, which hold no package.
 */
export const parseLocks = (text: string): ReadonlyArray<ZyppLock> =>
  stanzas(text)
    .filter((stanza) => {
      const kinds = stanza.filter(([key]) => key === "type" || key === "kind").map(([, kind]) => kind)
      return kinds.length === 0 || kinds.includes("package")
    })
    .flatMap((stanza) => lockOf(stanza) ?? [])

const fits = (pattern: string, name: string, caseSensitive: boolean): boolean => {
  const expression = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
  return new RegExp(`^${expression}$`, caseSensitive ? "" : "i").test(name)
}

/** An edition without a release stands for all its releases. */
const orderOf = (version: string, edition: string): number =>
  compare(edition.includes("-") ? version : version.replace(/-[^-]*$/, ""), edition)

const isWithin = (version: string, { operator, edition }: NonNullable<ZyppLock["range"]>): boolean => {
  const order = orderOf(version, edition)
  switch (operator) {
    case "<":
      return order < 0
    case "<=":
      return order <= 0
    case ">":
      return order > 0
    case ">=":
      return order >= 0
    case "!=":
      return order !== 0
    default:
      return order === 0
  }
}

/** Whether one of the locks is on this package: on what is installed, or, with `from`, on what a repository offers. */
export const isLocked = (
  locks: ReadonlyArray<ZyppLock>,
  { name, version }: { readonly name: string; readonly version: string },
  from?: string,
): boolean =>
  locks.some(
    ({ names, caseSensitive, range, repositories }) =>
      names.some((pattern) => fits(pattern, name, caseSensitive)) &&
      (range === undefined || isWithin(version, range)) &&
      (repositories.length === 0 || (from !== undefined && repositories.includes(from))),
  )

import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Toml from "effect/encoding/Toml"
import type { InstalledPackage } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"

/** One decision of the administrator against newer versions, as a pattern of fnmatch(3). */
export interface Hold {
  /** Of a package's name, with or without its architecture. */
  readonly name: string
  /** A pattern of the one version that is refused, with or without the architecture; others may come. */
  readonly version?: string
}

/** fnmatch(3) on a whole text. A pattern that makes no sense fits only itself. */
const matches = (pattern: string, text: string): boolean => {
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("[!", "[^")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
  const expression = Result.try(() => new RegExp(`^${source}$`))
  return Result.isSuccess(expression) ? expression.success.test(text) : pattern === text
}

/** The values of an option in one section of a dnf or yum configuration; indented lines continue the one before. */
export const optionValues = (text: string, section: string, names: ReadonlyArray<string>) => {
  const values: Array<string> = []
  let here = false
  let wanted = false
  for (const line of outputLines(text)) {
    if (/^\s*[#;]/.test(line) || line.trim() === "") continue
    const header = /^\[([^\]]*)\]/.exec(line)?.[1]
    const [, name = "", value = ""] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? []
    if (header !== undefined) here = header.trim() === section
    else if (/^\s/.test(line)) {
      if (here && wanted) values.push(line.trim())
      continue
    } else if (here && names.includes(name)) values.push(value.trim())
    wanted = header === undefined && names.includes(name)
  }
  return values
}

/** `exclude` and its newer name in `[main]`: patterns between commas or spaces. */
export const excludesOf = (configuration: string): ReadonlyArray<Hold> =>
  optionValues(configuration, "main", ["exclude", "excludepkgs"])
    .flatMap((value) => value.split(/[\s,]+/))
    .filter((pattern) => pattern !== "")
    .map((name) => ({ name }))

/**
 * One line of the list that the versionlock plugins of dnf4 and yum keep: `lab-held-0:1.0-1.*`, with yum
 * `0:lab-held-1.0-1.*`, and with `!` in front a version that must not come. What names no version locks nothing.
 */
const parseLock = (line: string): Hold | undefined => {
  const [, exclude, first = "0", name, epoch = first, version] =
    /^(!)?(?:(\d+):)?([^\s:]+)-(?:(\d+):)?([^-\s:]+-[^-\s]+)$/.exec(line) ?? []
  if (name === undefined || version === undefined) return undefined
  return exclude === undefined ? { name } : { name, version: epoch === "0" ? version : `${epoch}:${version}` }
}

export const parseLockList = (text: string): ReadonlyArray<Hold> =>
  [...outputLines(text)].flatMap((line) => (line.startsWith("#") ? [] : (parseLock(line.trim()) ?? [])))

const LockFile = Schema.Struct({
  packages: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        name: Schema.String,
        conditions: Schema.optionalKey(
          Schema.Array(Schema.Struct({ comparator: Schema.String, value: Schema.String })),
        ),
      }),
    ),
  ),
})

const decodeLockFile = Schema.decodeUnknownOption(LockFile)

/** Comparators under which newer versions stay out. `!=` refuses a single one, and `>` none. */
const capping = new Set(["=", "==", "<", "<="])

/** Reads dnf5's `versionlock.toml`. None when it is not to be understood. */
export const parseLockFile = (text: string): Option.Option<ReadonlyArray<Hold>> =>
  Option.map(Option.flatMap(Result.getSuccess(Toml.parse(text)), decodeLockFile), ({ packages = [] }) =>
    packages.flatMap(({ name, conditions = [] }) =>
      conditions.some(({ comparator }) => capping.has(comparator)) ? [{ name }] : [],
    ),
  )

/** Whether newer versions of an installed package are refused whatever they are. */
export const isHeld = (
  holds: ReadonlyArray<Hold>,
  { name, architecture }: Pick<InstalledPackage, "name" | "architecture">,
): boolean =>
  holds.some(
    (hold) =>
      hold.version === undefined &&
      (matches(hold.name, name) || matches(hold.name, `${name}.${architecture}`)),
  )

/** Whether this one version is refused. */
export const isRefused = (
  holds: ReadonlyArray<Hold>,
  { name, version, architecture }: Pick<InstalledPackage, "name" | "version" | "architecture">,
): boolean =>
  holds.some(
    (hold) =>
      hold.version !== undefined &&
      matches(hold.name, name) &&
      (matches(hold.version, version) || matches(hold.version, `${version}.${architecture}`)),
  )

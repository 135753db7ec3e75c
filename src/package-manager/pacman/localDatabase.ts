import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InstalledPackage, type PackageFault } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import { outputLines } from "../outputLines.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { localDescriptions, notRun, pacmanPaths } from "./pacmanCommands.ts"

/** One installed package with what pacman judges upgrades by. */
export interface LocalPackage {
  readonly row: InstalledPackage
  readonly groups: ReadonlyArray<string>
  readonly provides: ReadonlyArray<string>
  readonly conflicts: ReadonlyArray<string>
  /** Installed because another package needs it. */
  readonly automatic: boolean
  readonly installedBytes: number | undefined
}

export interface LocalDatabase {
  readonly packages: ReadonlyArray<LocalPackage>
  readonly faults: ReadonlyArray<PackageFault>
  /** Entries that say nothing about a package, and what could not be read. */
  readonly reasons: ReadonlyArray<PartialReason>
}

const decodeInstalled = Schema.decodeUnknownOption(InstalledPackage)

/** Reads `desc`: each field is a line `%NAME%` and its values, one a line, up to an empty line. */
export const parseDesc = (text: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const fields = new Map<string, Array<string>>()
  let values: Array<string> | undefined
  for (const line of outputLines(text)) {
    const field = /^%([A-Z0-9]+)%$/.exec(line)?.[1]
    if (line === "") values = undefined
    else if (values !== undefined) values.push(line)
    else if (field !== undefined) {
      values = []
      fields.set(field, values)
    }
  }
  return fields
}

/** The package that `desc` describes. None when it lacks what every package has, or belongs to another entry. */
export const localPackage = (entry: string, text: string): Option.Option<LocalPackage> => {
  const fields = parseDesc(text)
  const all = (field: string) => fields.get(field) ?? []
  const [name] = all("NAME")
  const [version] = all("VERSION")
  if (entry !== `${name}-${version}`) return Option.none()
  const [base = name] = all("BASE")
  const size = Number(all("SIZE")[0] ?? all("ISIZE")[0])
  const row = decodeInstalled({
    manager: "pacman",
    name,
    version,
    architecture: all("ARCH")[0],
    ...(base === name ? {} : { source: base }),
  })
  return Option.map(row, (installed) => ({
    row: installed,
    groups: all("GROUPS"),
    provides: all("PROVIDES"),
    conflicts: all("CONFLICTS"),
    automatic: all("REASON")[0] === "1",
    installedBytes: Number.isSafeInteger(size) ? size : undefined,
  }))
}

/** The name and version in the name of an entry, `NAME-PKGVER-PKGREL`. */
const namedBy = (entry: string): Pick<PackageFault, "name" | "version"> => {
  const [, name = entry, version] = /^(.+)-([^-]+-[^-]+)$/.exec(entry) ?? []
  return { name, ...(version === undefined ? {} : { version }) }
}

const isFolder = (fs: FileSystem.FileSystem, path: string) =>
  fs.stat(path).pipe(
    Effect.map(({ type }) => type === "Directory"),
    Effect.orElseSucceed(() => false),
  )

/**
 * What is wrong with these entries: those without a sound `desc` are what a transaction that was cut off leaves behind;
 * where a name has more than one, pacman says so and goes on with either.
 */
export const localFaults = (
  packages: ReadonlyArray<LocalPackage>,
  damaged: ReadonlyArray<string>,
): ReadonlyArray<PackageFault> => [
  ...damaged.map((entry) => ({
    manager: "pacman" as const,
    ...namedBy(entry),
    state: "half_installed" as const,
  })),
  ...[...Map.groupBy(packages, ({ row }) => row.name)].flatMap(([name, entries]) =>
    entries.length > 1 ? [{ manager: "pacman" as const, name, state: "duplicate" as const }] : [],
  ),
]

/** Reads `localDescriptions`: the text of each file below a line `==> PATH <==`. */
export const parseDescriptions = (stdout: string): ReadonlyMap<string, string> => {
  const parts = stdout.split(/^==> .*\/([^/]+)\/desc <==\n/m)
  const texts = new Map<string, string>()
  for (let at = 1; at < parts.length; at += 2) texts.set(parts[at] ?? "", parts[at + 1] ?? "")
  return texts
}

/**
 * Everything in /var/lib/pacman/local, a folder with a file `desc` for each package. Read without pacman, whose `-Q`
 * lists a damaged entry as if nothing were the matter and shows no architecture.
 */
export const readLocalDatabase = Effect.fnUntraced(function* (
  { subprocess, fs }: ReadDependencies,
  operation: string,
) {
  const entries = yield* Effect.orElseSucceed(fs.readDirectory(pacmanPaths.local), () => [])
  const result = yield* subprocess.run(localDescriptions).pipe(notRun(operation))
  const texts = parseDescriptions(result.stdout)
  const packages: Array<LocalPackage> = []
  const damaged: Array<string> = []
  for (const entry of entries) {
    if (entry === "ALPM_DB_VERSION") continue
    const found = localPackage(entry, texts.get(entry) ?? "")
    if (Option.isSome(found)) packages.push(found.value)
    // A file that lies about is no entry.
    else if (yield* isFolder(fs, `${pacmanPaths.local}/${entry}`)) damaged.push(entry)
  }
  const database: LocalDatabase = {
    packages,
    faults: localFaults(packages, damaged),
    reasons: [
      ...notUnderstood("pacman", `${pacmanPaths.local} (entries)`, damaged.length),
      ...cutShort("pacman", pacmanPaths.local, result.truncated),
    ],
  }
  return database
})

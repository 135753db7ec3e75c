import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageInfo } from "../../domain/Command.ts"
import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import { installedIndex, type PackagePolicy } from "./aptPolicy.ts"
import type { Stanza } from "./deb822.ts"

/** What is known of packages by name, from whichever tool knows it. */
export interface Knowledge {
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly policies: ReadonlyMap<string, PackagePolicy>
  /** The record of each candidate, by the name apt prints. */
  readonly records: ReadonlyMap<string, Stanza>
  /** Names, as apt prints them, of packages installed only because others need them. */
  readonly automatic: ReadonlySet<string>
  readonly nameOf: (row: InstalledPackage) => string
}

const decodeInfo = Schema.decodeUnknownOption(PackageInfo)

/** Records by the name apt prints. Names alone are ambiguous: a foreign package has a record of its own. */
export const recordsByName = (
  stanzas: ReadonlyArray<Stanza>,
  native: string | undefined,
): ReadonlyMap<string, Stanza> => {
  const records = new Map<string, Stanza>()
  for (const stanza of stanzas) {
    const name = stanza.get("package")
    const architecture = stanza.get("architecture")
    if (name === undefined) continue
    const printed = architecture === native || architecture === "all" ? name : `${name}:${architecture}`
    if (!records.has(printed)) records.set(printed, stanza)
  }
  return records
}

/** The first line of `Description` or of its translation, which apt prints in its place. */
const summaryOf = (record: Stanza): string | undefined => {
  const [, text] =
    [...record].find(
      ([name]) => name === "description" || (name.startsWith("description-") && name !== "description-md5"),
    ) ?? []
  return text?.split("\n")[0]
}

/** `Source: NAME (VERSION)`, and without one the package's own name. */
const sourceOf = (record: Stanza): string | undefined => record.get("source")?.split(" ")[0]

/** Installed-Size counts units of 1024 bytes (Policy 5.6.20). */
const sizeOf = (record: Stanza): number | undefined => {
  const kibibytes = record.get("installed-size")
  return kibibytes !== undefined && /^\d{1,12}$/.test(kibibytes) ? Number(kibibytes) * 1024 : undefined
}

const optional = (fields: Readonly<Record<string, string | number | undefined>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** A name without an architecture stands for all installed ones; with one, for that. */
const rowsOf = (name: PackageName, { installed, nameOf }: Knowledge): ReadonlyArray<InstalledPackage> =>
  installed.filter(
    (row) => row.name === name || nameOf(row) === name || `${row.name}:${row.architecture}` === name,
  )

/** What is known of one package; none when it is neither installed nor offered. */
export const describePackage = (
  name: PackageName,
  native: string | undefined,
  known: Knowledge,
): Option.Option<PackageInfo> => {
  const printed =
    native !== undefined && name.endsWith(`:${native}`) ? name.slice(0, -native.length - 1) : name
  const rows = rowsOf(name, known)
  const policy = known.policies.get(printed)
  const offered = (policy?.versions ?? []).filter(({ sources }) =>
    sources.some(({ index }) => index !== installedIndex),
  )
  if (rows.length === 0 && offered.length === 0) return Option.none()
  const record = known.records.get(printed) ?? new Map<string, string>()
  return decodeInfo({
    manager: "apt",
    name,
    installed: rows.map((row) => ({
      version: row.version,
      architecture: row.architecture,
      held: row.held ?? false,
      automatic: known.automatic.has(known.nameOf(row)),
    })),
    available: offered.map(({ version, priority, sources }) => ({
      version,
      priority,
      repositories: sources.flatMap(({ index }) => (index === installedIndex ? [] : [index])),
    })),
    ...optional({
      candidate: policy?.candidate,
      source:
        sourceOf(record) ?? rows[0]?.source ?? (record.size > 0 ? record.get("package") : rows[0]?.name),
      section: record.get("section"),
      summary: summaryOf(record),
      homepage: record.get("homepage"),
      installedSizeBytes: sizeOf(record),
    }),
  })
}

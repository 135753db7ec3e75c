import { outputLines } from "../outputLines.ts"

/** What a repository says of one package. */
export interface SyncRecord {
  readonly repository: string
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly summary?: string
  readonly homepage?: string
  readonly provides: ReadonlyArray<string>
  readonly conflicts: ReadonlyArray<string>
  readonly replaces: ReadonlyArray<string>
  readonly installedBytes?: number
}

export interface SyncRecords {
  readonly records: ReadonlyArray<SyncRecord>
  /** Lines that are no field. */
  readonly notUnderstood: number
}

const units: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  PiB: 1024 ** 5,
}

/** `1234.56 KiB` in bytes; pacman rounds to hundredths of its unit. */
const bytesOf = (size: string | undefined): number | undefined => {
  const [, amount, unit = ""] = /^([\d.]+) (\w+)$/.exec(size ?? "") ?? []
  const factor = units[unit]
  const bytes =
    amount === undefined || factor === undefined ? Number.NaN : Math.round(Number(amount) * factor)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

const textOf = (value: string | undefined) => (value === undefined || value === "None" ? undefined : value)

/** pacman separates the members of a list by two spaces. */
const listOf = (value: string | undefined): ReadonlyArray<string> => textOf(value)?.split(/ {2,}/) ?? []

const recordOf = (fields: ReadonlyMap<string, string>): ReadonlyArray<SyncRecord> => {
  const [repository, name, version, architecture] = ["Repository", "Name", "Version", "Architecture"].map(
    (label) => fields.get(label),
  )
  if (repository === undefined || name === undefined || version === undefined || architecture === undefined) {
    return []
  }
  const summary = textOf(fields.get("Description"))
  const homepage = textOf(fields.get("URL"))
  const installedBytes = bytesOf(fields.get("Installed Size"))
  return [
    {
      repository,
      name,
      version,
      architecture,
      ...(summary === undefined ? {} : { summary }),
      ...(homepage === undefined ? {} : { homepage }),
      provides: listOf(fields.get("Provides")),
      conflicts: listOf(fields.get("Conflicts With")),
      replaces: listOf(fields.get("Replaces")),
      ...(installedBytes === undefined ? {} : { installedBytes }),
    },
  ]
}

/**
 * Reads `pacman -Si`: `Label : value` lines, a list that has more than one line going on with spaces, an empty line after
 * each package. One that several repositories have comes once for each, in the order of pacman.conf.
 */
export const parseSyncRecords = (stdout: string): SyncRecords => {
  const records: Array<SyncRecord> = []
  let fields = new Map<string, string>()
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const [, label, value = ""] = /^([A-Z][A-Za-z -]*?) *: (.*)$/.exec(line) ?? []
    if (line === "") {
      records.push(...recordOf(fields))
      fields = new Map()
    } else if (label !== undefined) fields.set(label, value)
    else if (!line.startsWith(" ")) notUnderstood += 1
  }
  records.push(...recordOf(fields))
  return { records, notUnderstood }
}

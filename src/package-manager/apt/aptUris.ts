import type { InstalledPackage } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"

/** One file that apt would download. */
export interface FileUri {
  /** May hold the user and password of the source: never log or send it. */
  readonly uri: string
  /** The name under which apt would keep it. */
  readonly file: string
  /** 0 where apt does not know yet. */
  readonly bytes: number
}

export interface FileUris {
  readonly files: ReadonlyArray<FileUri>
  /** Lines that begin like a file and do not go on like one. */
  readonly notUnderstood: number
}

const uriLine = /^'(.*)' (\S+) (\d+)(?: \S*)?$/

/** Reads `apt-get --print-uris`: `'URI' FILE SIZE [HASH]` lines, among the chatter of hooks. */
export const parseUris = (stdout: string): FileUris => {
  const files: Array<FileUri> = []
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    if (!line.startsWith("'")) continue
    const [, uri, file, bytes] = uriLine.exec(line) ?? []
    if (uri === undefined || file === undefined) notUnderstood += 1
    else files.push({ uri, file, bytes: Number(bytes) })
  }
  return { files, notUnderstood }
}

export interface Archive {
  readonly version: string
  readonly architecture: string
  readonly bytes: number
}

/** What apt would install, by package name. */
export type Archives = ReadonlyMap<string, ReadonlyArray<Archive>>

/** `NAME_VERSION_ARCHITECTURE.deb`, with `%XX` for what would confuse a reader: `foo_1%3a2.0-1_amd64.deb`. */
const archiveName = /^([^_]+)_([^_]+)_([^_.]+)\.[a-z]+$/

/** Undoes `%XX`; unlike decodeURIComponent it takes any text. */
export const unquote = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** The packages in a list of archives, and how many files are none. */
export const archivesOf = (
  files: ReadonlyArray<FileUri>,
): { readonly archives: Archives; readonly notUnderstood: number } => {
  const archives = new Map<string, Array<Archive>>()
  let notUnderstood = 0
  for (const { file, bytes } of files) {
    const [, quotedName, version, architecture] = archiveName.exec(file) ?? []
    if (quotedName === undefined || version === undefined || architecture === undefined) {
      notUnderstood += 1
      continue
    }
    const name = unquote(quotedName)
    const archive = { version: unquote(version), architecture: unquote(architecture), bytes }
    const others = archives.get(name)
    if (others === undefined) archives.set(name, [archive])
    else others.push(archive)
  }
  return { archives, notUnderstood }
}

/** A package may become architecture-independent, or cease to be; between two real architectures lies no update. */
const replaces = (archive: Archive, row: Pick<InstalledPackage, "architecture">): boolean =>
  archive.architecture === row.architecture || archive.architecture === "all" || row.architecture === "all"

/** The archive that would bring this installed package to that version. */
export const archiveFor = (
  archives: Archives,
  row: Pick<InstalledPackage, "name" | "architecture">,
  version: string,
): Archive | undefined =>
  archives.get(row.name)?.find((archive) => archive.version === version && replaces(archive, row))

/** How many of the archives are of packages that are not installed yet. */
export const newPackages = (archives: Archives, rows: ReadonlyArray<InstalledPackage>): number => {
  const installed = Map.groupBy(rows, ({ name }): string => name)
  let count = 0
  for (const [name, ofName] of archives) {
    const present = installed.get(name) ?? []
    count += ofName.filter((archive) => !present.some((row) => replaces(archive, row))).length
  }
  return count
}

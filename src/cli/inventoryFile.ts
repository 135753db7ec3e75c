import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InstalledPackage, type ManagerId } from "../domain/Package.ts"
import type { VersionFamily } from "../vulnerability/Feed.ts"
import type { Release } from "../vulnerability/release.ts"
import { counted, oneLine } from "./plainText.ts"

/** An inventory from a file that cannot be used: nothing of it is, so that no package goes missing silently. */
export class InventoryRefused extends Schema.TaggedError<InventoryRefused>()("InventoryRefused", {
  path: Schema.String,
  /** The first of them, in order of their lines. */
  faults: Schema.Array(Schema.String),
  /** How many there are in all. */
  count: Schema.Int,
}) {
  override get message() {
    const rest = this.count - this.faults.length
    return [
      ...this.faults.map((fault) => `${this.path}: ${fault}`),
      ...(rest > 0 ? [`${this.path}: and ${counted(rest, "fault")} more`] : []),
    ].join("\n")
  }
}

const columns = ["name", "version", "arch", "source", "source_version", "module"] as const
type Column = (typeof columns)[number]
type Row = Readonly<Record<Column, string>>

const managerOf: Readonly<Record<VersionFamily, ManagerId>> = {
  deb: "apt",
  rpm: "dnf",
  apk: "apk",
  pacman: "pacman",
}

/** What each family calls a package that fits every architecture, for rows that name none. */
const anyArchitecture: Readonly<Record<VersionFamily, string>> = {
  deb: "all",
  rpm: "noarch",
  apk: "noarch",
  pacman: "any",
}

const shownFaults = 5

const decodePackage = Schema.decodeUnknownResult(InstalledPackage)

/** rpm prints `(none)` for what a package lacks, an epoch in front of a version included. */
const valueOf = (field = ""): string => (field === "(none)" ? "" : field.replace(/^\(none\):/, ""))

/** A package says its source only where that differs from its own name and version. */
const packageOf = (row: Row, { family }: Release) =>
  decodePackage({
    manager: managerOf[family],
    name: row.name,
    architecture: row.arch === "" ? anyArchitecture[family] : row.arch,
    version: row.version,
    ...(row.source === "" || row.source === row.name ? {} : { source: row.source }),
    ...(row.source_version === "" || row.source_version === row.version
      ? {}
      : { sourceVersion: row.source_version }),
    ...(row.module === "" ? {} : { module: row.module }),
  })

const quoted = (text: string) => `"${oneLine(text).slice(0, 80)}"`

const rowFault = (row: Row, width: number, fields: ReadonlyArray<string>): Option.Option<string> => {
  if (fields.length > width) {
    return Option.some(`${counted(fields.length, "field")}, but the header has ${width}`)
  }
  const missing = (["name", "version"] as const).find((column) => row[column] === "")
  return missing === undefined ? Option.none() : Option.some(`the ${missing} is empty`)
}

interface Header {
  readonly width: number
  readonly at: ReadonlyMap<string, number>
}

const headerOf = (line: string): Result.Result<Header, string> => {
  const names = line.split("\t").map((name) => name.trim().toLowerCase())
  const twice = columns.find((column) => names.filter((name) => name === column).length > 1)
  if (twice !== undefined) return Result.fail(`line 1: the column ${twice} is there twice`)
  const missing = (["name", "version"] as const).filter((column) => !names.includes(column))
  return missing.length === 0
    ? Result.succeed({ width: names.length, at: new Map(names.map((name, index) => [name, index])) })
    : Result.fail(
        `line 1: no column ${missing.join(" and ")}; it must be the header, separated by tabs: ${columns.join(" ")}`,
      )
}

const rowOf = ({ at }: Header, fields: ReadonlyArray<string>): Row => {
  const value = (column: Column) => valueOf(fields[at.get(column) ?? fields.length]?.trim())
  return {
    name: value("name"),
    version: value("version"),
    arch: value("arch"),
    source: value("source"),
    source_version: value("source_version"),
    module: value("module"),
  }
}

/** What a list of packages says, or what is wrong with it, line by line. */
export interface ParsedInventory {
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly faults: ReadonlyArray<string>
}

/**
 * The packages of a tab separated text: a header line with `name` and `version`, in any order also `arch`, `source`,
 * `source_version` and `module`; other columns are passed over. Lines may end with CR LF; empty ones do not count.
 */
export const parseInventory = (text: string, release: Release): ParsedInventory => {
  const [first = "", ...lines] = text.replace(/^\u{feff}/u, "").split(/\r?\n/)
  const header = headerOf(first)
  if (Result.isFailure(header)) return { packages: [], faults: [header.failure] }
  const packages: Array<InstalledPackage> = []
  const faults: Array<string> = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue
    const fields = line.split("\t")
    const row = rowOf(header.success, fields)
    const fault = rowFault(row, header.success.width, fields)
    const found = packageOf(row, release)
    if (Option.isSome(fault)) faults.push(`line ${index + 2}: ${fault.value}`)
    else if (Result.isSuccess(found)) packages.push(found.success)
    else {
      faults.push(
        `line ${index + 2}: ${quoted(`${row.name} ${row.version} ${row.arch}`)} is not a package of ${release.name}`,
      )
    }
  }
  return packages.length === 0 && faults.length === 0
    ? { packages, faults: ["no packages"] }
    : { packages, faults }
}

/** Reads an inventory as `--inventory` names one. */
export const readInventory = Effect.fn("readInventory")(function* (path: string, release: Release) {
  const files = yield* FileSystem.FileSystem
  const text = yield* files.readFileString(path).pipe(
    Effect.mapError(
      ({ reason }) =>
        new InventoryRefused({
          path,
          faults: [
            reason._tag === "NotFound"
              ? "there is no such file"
              : `cannot be read (${reason._tag}): check its permissions`,
          ],
          count: 1,
        }),
    ),
  )
  const { packages, faults } = parseInventory(text, release)
  if (faults.length > 0) {
    return yield* new InventoryRefused({ path, faults: faults.slice(0, shownFaults), count: faults.length })
  }
  return packages
})

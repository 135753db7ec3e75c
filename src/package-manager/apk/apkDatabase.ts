import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InstalledPackage, type PackageFault } from "../../domain/Package.ts"
import { linesOfPieces } from "../outputLines.ts"
import { worldObjection, type World } from "./apkWorld.ts"

/** What `/lib/apk/db/installed` says. */
export interface InstalledDatabase {
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly faults: ReadonlyArray<PackageFault>
  /** The size of the installed files, by package name. */
  readonly sizes: ReadonlyMap<string, number>
  /** Lines that are no field, and records that are no package. */
  readonly notUnderstood: number
}

const decodeInstalled = Schema.decodeUnknownOption(InstalledPackage)

/**
 * apk's own flags of a package that is not as it should be (`f:`): files that could not be put in place, and scripts
 * or triggers that failed. Extended attributes that could not be set (`x`) are no error to apk, nor is `S` a fault.
 */
const faultOf = (flags: string): PackageFault["state"] | undefined => {
  if (flags.includes("f")) return "reinstall_required"
  return flags.includes("s") ? "half_configured" : undefined
}

/**
 * Reads the database of installed packages as its text comes, for it also lists every file and may be large. Fields
 * are `letter:value` lines, records end with an empty line; apk 2 and 3 write the same. Virtual packages (`apk add
 * --virtual .name`) are no packages but lists of them.
 */
export const databaseReader = (world: World) => {
  const packages: Array<InstalledPackage> = []
  const faults: Array<PackageFault> = []
  const sizes = new Map<string, number>()
  let notUnderstood = 0
  let record = new Map<string, string>()

  const finish = () => {
    if (record.size === 0) return
    const [name = "", version = "", origin = ""] = ["P", "V", "o"].map((field) => record.get(field))
    const size = record.get("I") ?? ""
    const fault = faultOf(record.get("f") ?? "")
    const row = name.startsWith(".")
      ? undefined
      : decodeInstalled({
          manager: "apk",
          name,
          version,
          architecture: record.get("A"),
          ...(origin === "" || origin === name ? {} : { source: origin }),
          ...(worldObjection(world, name) === "held" ? { held: true } : {}),
        })
    record = new Map()
    if (row === undefined) return
    if (Option.isNone(row)) {
      notUnderstood += 1
      return
    }
    packages.push(row.value)
    if (/^\d{1,15}$/.test(size)) sizes.set(name, Number(size))
    if (fault !== undefined) faults.push({ manager: "apk", name, version, state: fault })
  }

  const read = (line: string) => {
    if (line === "") return finish()
    const field = line.charAt(0)
    if (line.charAt(1) !== ":" || !/[A-Za-z]/.test(field)) notUnderstood += 1
    else if ("PVAoIf".includes(field)) record.set(field, line.slice(2))
  }

  const { add, rest } = linesOfPieces(read)
  return {
    add,
    /** What was read. A record without its empty line at the end was cut off, and counts as not understood. */
    end: (): InstalledDatabase => {
      if (rest() !== "" || record.size > 0) notUnderstood += 1
      return { packages, faults, sizes, notUnderstood }
    },
  }
}

import { linesOfPieces, outputLines } from "../outputLines.ts"
import { parseDpkgRows } from "./dpkgQuery.ts"

const desired: Readonly<Record<string, string>> = {
  unknown: "u",
  install: "i",
  hold: "h",
  deinstall: "r",
  purge: "p",
}

const states: Readonly<Record<string, string>> = {
  "not-installed": "n",
  "config-files": "c",
  "half-installed": "H",
  unpacked: "U",
  "half-configured": "F",
  "triggers-awaited": "W",
  "triggers-pending": "t",
  installed: "i",
}

const wanted: ReadonlySet<string> = new Set([
  "package",
  "status",
  "version",
  "architecture",
  "source",
  "multi-arch",
])

/** `Status: WANT FLAG STATE` as the three letters of dpkg-query's `db:Status-Abbrev`. */
const abbreviated = (status: string): string | undefined => {
  const [want = "", flag, state = ""] = status.split(" ")
  const letters = [desired[want], states[state], { ok: " ", reinstreq: "R" }[flag ?? ""]]
  return letters.includes(undefined) ? undefined : letters.join("")
}

/** Debian Policy 5.6.1: `Source: name (version)`, each part only where it differs from the package's own. */
const sourceOf = (text: string, name: string, version: string): ReadonlyArray<string> => {
  const [, source = text, sourceVersion = version] = /^(\S+)\s+\((.+)\)$/.exec(text) ?? []
  return [source === "" ? name : source, sourceVersion]
}

/** `single`: files of packages without a state, which are installed. `journal`: what changed after the status file. */
export type RecordFile = "single" | "journal"

/** A record as the line that dpkg-query prints for it; undefined where it has no name or no status that is one. */
const rowOf = (fields: ReadonlyMap<string, string>, status: string): string | undefined => {
  const [name = "", version = "", architecture = "", source = ""] = [
    "package",
    "version",
    "architecture",
    "source",
  ].map((field) => fields.get(field))
  const letters = abbreviated(status)
  return letters === undefined || name === ""
    ? undefined
    : [letters, name, version, architecture, ...sourceOf(source, name, version)].join("\t")
}

/**
 * Reads records of dpkg's status file (deb-control(5) fields and `Status`) as their text comes, and answers with what
 * `parseDpkgRows` makes of the lines that dpkg-query would print for them.
 */
export const statusReader = () => {
  /** By name and architecture: of `Multi-Arch: same` packages several are installed. */
  const rows = new Map<string, Map<string, string>>()
  let lines = 0
  let fields = new Map<string, string>()
  let isInField = false

  const finish = (file: "status" | RecordFile) => {
    isInField = false
    if (fields.size === 0) return
    const record = fields
    fields = new Map()
    const row = rowOf(record, record.get("status") ?? (file === "single" ? "install ok installed" : ""))
    if (row === undefined) {
      lines += 1
      return
    }
    const name = record.get("package") ?? ""
    const others = rows.get(name)
    // A package that is there only once may have come from another architecture.
    const isOnlyOne = file === "journal" && record.get("multi-arch") !== "same"
    const ofName = others === undefined || isOnlyOne ? new Map<string, string>() : others
    rows.set(name, ofName.set(record.get("architecture") ?? "", row))
  }

  const read = (line: string, file: "status" | RecordFile) => {
    if (line.trim() === "") return finish(file)
    if (line.startsWith(" ") || line.startsWith("\t")) {
      if (!isInField) lines += 1
      return
    }
    const [, name = "", value = ""] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line) ?? []
    isInField = name !== ""
    if (!isInField) lines += 1
    const field = name.toLowerCase()
    if (wanted.has(field) && !fields.has(field)) fields.set(field, value.trim())
  }

  const pieces = linesOfPieces((line) => read(line, "status"))
  return {
    add: pieces.add,
    /** The end of the status file. dpkg ends each record with an empty line: without one the file was cut off. */
    end: () => {
      if (pieces.rest() !== "" || fields.size > 0) lines += 1
      finish("status")
    },
    /** A file with records of its own, of which the last need not end with an empty line. */
    addFile: (text: string, file: RecordFile) => {
      for (const line of outputLines(text)) read(line, file)
      finish(file)
    },
    result: () => {
      const all = [...rows.values()].flatMap((ofName) => [...ofName.values()])
      const found = parseDpkgRows(all.map((row) => `${row}\n`).join(""))
      return { ...found, notUnderstood: found.notUnderstood + lines }
    },
  }
}

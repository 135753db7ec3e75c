import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Security } from "../../domain/Update.ts"
import { outputLines } from "../outputLines.ts"
import { parseNevra, type Nevra } from "../rpm/nevra.ts"
import { isChatter } from "./dnfChatter.ts"

export type Evidence = Security["evidence"][number]

/** One advisory about one package version, which it names exactly. */
export interface Advisory {
  readonly nevra: Nevra
  readonly evidence: Evidence
}

export interface AdvisoryListing {
  readonly advisories: ReadonlyArray<Advisory>
  readonly notUnderstood: number
}

type Kind = NonNullable<Evidence["advisory"]>

const kinds: Readonly<Record<string, Kind>> = {
  security: "security",
  bugfix: "bugfix",
  enhancement: "enhancement",
}

/** Words for a severity that is not known. */
const noSeverity = new Set(["", "none", "unknown", "unspecified"])

const severityOf = (text = "") => (noSeverity.has(text.toLowerCase()) ? {} : { severity: text })

/** `Important/Sec.`, `security` without a severity in yum, or the type of any other advisory. */
const labelOf = (label: string): { readonly advisory: Kind; readonly severity?: string } => {
  const severity = /^(.*)\/Sec\.$/.exec(label)?.[1]
  return severity === undefined
    ? { advisory: kinds[label] ?? "other" }
    : { advisory: "security", ...severityOf(severity) }
}

interface Row {
  readonly id: string
  readonly label: string
  readonly nevra: Nevra
}

const rowsOf = (stdout: string): { readonly rows: ReadonlyArray<Row>; readonly notUnderstood: number } => {
  const rows: Array<Row> = []
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    if (line.trim() === "" || isChatter(line)) continue
    const [id = "", label = "", name = "", ...rest] = line.trim().split(/\s+/)
    const nevra = parseNevra(name)
    if (nevra === undefined || rest.length > 0) notUnderstood += 1
    else rows.push({ id, label, nevra })
  }
  return { rows, notUnderstood }
}

const keyOf = ({ name, architecture, version }: Nevra) => `${name}\t${architecture}\t${version}`

/**
 * Reads `updateinfo list` and the same with CVE ids, of dnf4 and yum. The second list leaves out advisories without
 * CVEs, and names a CVE with the package, not with its advisory: they belong to the security advisories of exactly this
 * version.
 */
export const parseAdvisoryLists = (list: string, withCves: string): AdvisoryListing => {
  const named = rowsOf(list)
  const references = rowsOf(withCves)
  const cves = new Map<string, Array<string>>()
  for (const { id, nevra } of references.rows) {
    if (!/^CVE-/i.test(id)) continue
    const known = cves.get(keyOf(nevra)) ?? []
    if (!known.includes(id)) cves.set(keyOf(nevra), [...known, id])
  }
  const advisories = named.rows.map(({ id, label, nevra }): Advisory => {
    const found = labelOf(label)
    const own = found.advisory === "security" ? (cves.get(keyOf(nevra)) ?? []) : []
    return {
      nevra,
      evidence: { kind: "advisory", value: id, ...found, ...(own.length === 0 ? {} : { cves: own }) },
    }
  })
  return { advisories, notUnderstood: named.notUnderstood + references.notUnderstood }
}

/** `advisory list --json`: one row for each package. */
const AdvisoryRows = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      name: Schema.String,
      type: Schema.String,
      severity: Schema.optionalKey(Schema.String),
      nevra: Schema.String,
    }),
  ),
)

/** `advisory info --json`: one for each advisory, with keys that are the titles of the text. */
const AdvisoryInfos = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      Name: Schema.String,
      references: Schema.optionalKey(Schema.Array(Schema.Struct({ Id: Schema.String, Type: Schema.String }))),
    }),
  ),
)

const decodeRows = Schema.decodeUnknownOption(AdvisoryRows)
const decodeInfos = Schema.decodeUnknownOption(AdvisoryInfos)

/**
 * Reads dnf5's two documents: the list tells the packages, of which the information about an advisory in several
 * collections keeps only the last; the information tells its CVEs. None when one of them is not what it should be.
 */
export const parseAdvisoryDocuments = (list: string, info: string): Option.Option<AdvisoryListing> =>
  Option.zipWith(decodeRows(list), decodeInfos(info), (rows, infos) => {
    const cves = new Map(
      infos.map(({ Name, references = [] }) => [
        Name,
        references.filter(({ Type }) => Type === "cve").map(({ Id }) => Id),
      ]),
    )
    const advisories: Array<Advisory> = []
    let notUnderstood = 0
    for (const { name, type, severity, nevra: text } of rows) {
      const nevra = parseNevra(text)
      const own = cves.get(name) ?? []
      if (nevra === undefined) notUnderstood += 1
      else {
        const evidence: Evidence = {
          kind: "advisory",
          value: name,
          ...severityOf(severity),
          advisory: kinds[type] ?? "other",
          ...(own.length === 0 ? {} : { cves: own }),
        }
        advisories.push({ nevra, evidence })
      }
    }
    return { advisories, notUnderstood }
  })

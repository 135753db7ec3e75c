import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Severity } from "../../domain/Finding.ts"
import { cvssScore, severityOfScore } from "./cvssScore.ts"
import type { Affected, OsvRecord } from "./OsvRecord.ts"
import { Specifics } from "./OsvRecord.ts"

const words: Readonly<Record<string, Severity>> = {
  critical: "critical",
  important: "important",
  high: "important",
  moderate: "moderate",
  medium: "moderate",
  low: "low",
  negligible: "negligible",
  unimportant: "negligible",
}

/** A vendor's word. Debian marks an urgency of its own making with stars: `low**`. */
export const severityOfWord = (word: string | null | undefined): Severity | undefined =>
  words[(word ?? "").toLowerCase().replace(/\*+$/, "")]

/** `Important: openssh security update`. */
const severityOfTitle = (title: string): Severity | undefined =>
  severityOfWord(/^(Critical|Important|Moderate|Low)\s*:/.exec(title)?.[1])

const decodeSpecifics = Schema.decodeUnknownOption(Specifics)
const none: Specifics = {}

/** The free part of an entry or a record; nothing where it has another shape. */
export const specificsOf = (value: unknown): Specifics => Option.getOrElse(decodeSpecifics(value), () => none)

/** Version 3 before 4 and 2: its scores are what vendors and policies speak of. */
const preferred = ["CVSS_V3", "CVSS_V4", "CVSS_V2"]

/** The vector of a record; of several of the same version, the one with the highest score. */
export const vectorOf = (record: OsvRecord): string | undefined => {
  const byScore = (record.severity ?? []).toSorted(
    (a, b) =>
      preferred.indexOf(a.type) - preferred.indexOf(b.type) ||
      (cvssScore(b.score) ?? 0) - (cvssScore(a.score) ?? 0),
  )
  return byScore.find(({ type }) => preferred.includes(type))?.score
}

/** What the vendor says of the whole record: its own word, the one in the title, its data base's, else CVSS. */
export const severityOfRecord = (record: OsvRecord): Severity | undefined => {
  const score = cvssScore(vectorOf(record) ?? "")
  return (
    severityOfWord(record.severity?.find(({ type }) => type === "Ubuntu")?.score) ??
    severityOfTitle(record.summary ?? "") ??
    severityOfWord(specificsOf(record.database_specific).severity) ??
    (score === undefined ? undefined : severityOfScore(score))
  )
}

/** What the vendor says of one package of one release, where it says more than of the record. */
export const severityOfAffected = (affected: Affected, specifics: Specifics): Severity | undefined =>
  severityOfWord(affected.severity?.find(({ type }) => type === "Ubuntu")?.score) ??
  severityOfWord(specifics.ubuntu_priority) ??
  severityOfWord(specifics.urgency) ??
  severityOfWord(specifics.severity) ??
  severityOfWord(specificsOf(affected.database_specific).severity)

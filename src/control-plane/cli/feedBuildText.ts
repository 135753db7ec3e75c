import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { leftOutReasons } from "../feed/Claim.ts"
import { plainTable } from "./plainTable.ts"

/** What was made of what. */
export const FeedBuildReport = Schema.Struct({
  release: Schema.String,
  directory: Schema.String,
  file: Schema.String,
  serial: Schema.Int,
  expires: Schema.DateTimeUtcFromString,
  /** OSV records that were read, whatever became of them. */
  records: Schema.Int,
  advisories: Schema.Int,
  cves: Schema.Int,
  /** CVEs with an EPSS score, where these were given. */
  scored: Schema.optionalKey(Schema.Int),
  packages: Schema.Int,
  /** Pairs of package and fix. */
  rows: Schema.Int,
  raw_bytes: Schema.Int,
  bytes: Schema.Int,
  licence: Schema.String,
  source: Schema.String,
  /** By reason: how many records, or entries of records. */
  left_out: Schema.Record(Schema.String, Schema.Int),
})
export type FeedBuildReport = typeof FeedBuildReport.Type

export const feedBuildText = (report: FeedBuildReport): string => {
  const leftOut = Object.entries(leftOutReasons).flatMap(([reason, meaning]) => {
    const count = report.left_out[reason]
    return count === undefined ? [] : [["", String(count), meaning]]
  })
  const facts = [
    ["advisories", String(report.advisories)],
    ["CVEs", `${report.cves}${report.scored === undefined ? "" : `, ${report.scored} with an EPSS score`}`],
    ["packages", String(report.packages)],
    ["rows", String(report.rows)],
    ["bytes", `${report.bytes} compressed, ${report.raw_bytes} raw`],
    ["data", `${report.source}, ${report.licence}`],
    ["expires", DateTime.formatIso(report.expires)],
  ]
  return [
    `${report.directory}/${report.file}, serial ${report.serial}, from ${report.records} OSV records`,
    plainTable([], facts),
    ...(leftOut.length === 0 ? [] : ["left out", plainTable([], leftOut)]),
  ].join("\n")
}

import * as Schema from "effect/Schema"

/** What one process measured of one size. Times in milliseconds, medians over the rounds after the first. */
export const Measured = Schema.Struct({
  matches: Schema.Int,
  rounds: Schema.Int,
  firstWall: Schema.Finite,
  wall: Schema.Finite,
  /** Of all threads: decompression has its own. */
  processor: Schema.Finite,
  /** Resident memory at its highest, above what there was before; the first round compiles the program too. */
  firstKilobytesAboveIdle: Schema.Int,
  /** The most that any other round took. */
  kilobytesAboveIdle: Schema.Int,
})
export type Measured = typeof Measured.Type

/** What `bench/vulnerabilities.ts --json` prints. */
export const CorrelationReport = Schema.Struct({
  sizes: Schema.Array(
    Schema.Struct({
      installed: Schema.Int,
      advisories: Schema.Int,
      pairs: Schema.Int,
      rawBytes: Schema.Int,
      packedBytes: Schema.Int,
      ...Measured.fields,
      wallLimit: Schema.Finite,
      kilobytesLimit: Schema.Finite,
    }),
  ),
  problems: Schema.Array(Schema.String),
})
export type CorrelationReport = typeof CorrelationReport.Type

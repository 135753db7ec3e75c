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

const Size = Schema.Struct({
  installed: Schema.Int,
  advisories: Schema.Int,
  pairs: Schema.Int,
  /** CVEs with facts of their own: a score, a vector, known exploitation. */
  facts: Schema.Int,
  rawBytes: Schema.Int,
  packedBytes: Schema.Int,
  ...Measured.fields,
  /** Under the flags of the executable. */
  shippedWall: Schema.Finite,
  wallLimit: Schema.Finite,
  kilobytesLimit: Schema.Finite,
})
export type SizeReport = typeof Size.Type

/** What a program's findings are counted in: a CVE together with one of these. */
export const Unit = Schema.Literals(["package", "advisory", "installed package"])
export type Unit = typeof Unit.Type

/** One program that judged a host. Times in milliseconds. */
export const Contender = Schema.Struct({
  who: Schema.String,
  /** Which host it judged. */
  host: Schema.String,
  /** Why it could not be measured, instead of all that follows. */
  problem: Schema.optionalKey(Schema.String),
  figures: Schema.optionalKey(
    Schema.Struct({
      rounds: Schema.Int,
      firstWall: Schema.Finite,
      /** Medians of the rounds after the first. */
      wall: Schema.Finite,
      processor: Schema.Finite,
      /** Of the whole process, or above the agent that is running anyway. */
      memory: Schema.Struct({ kilobytes: Schema.Int, of: Schema.Literals(["process", "above idle"]) }),
      /** What a host has to download. */
      dataBytes: Schema.Int,
      unit: Unit,
      /** Pairs of CVE and unit. */
      found: Schema.Int,
      /** What our program says and this one does not, and the other way round; absent where there is nothing to compare. */
      onlyOurs: Schema.optionalKey(Schema.Int),
      onlyTheirs: Schema.optionalKey(Schema.Int),
    }),
  ),
})
export type Contender = typeof Contender.Type

/** What `bench/vulnerabilities.ts --json` prints. */
export const CorrelationReport = Schema.Struct({
  sizes: Schema.Array(Size),
  sideBySide: Schema.Array(Contender),
  problems: Schema.Array(Schema.String),
})
export type CorrelationReport = typeof CorrelationReport.Type

import * as Schema from "effect/Schema"

const Memory = Schema.Struct({
  residentKilobytes: Schema.Finite,
  proportionalKilobytes: Schema.Finite,
  privateKilobytes: Schema.Finite,
})

/** What `bench/startup.ts --json` prints. */
export const StartupReport = Schema.Struct({
  rounds: Schema.Int,
  programs: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      /** Median. */
      wallMilliseconds: Schema.Finite,
      /** Mean, because the kernel tells it in ticks of 10 ms. */
      processorMilliseconds: Schema.Finite,
      processorToHelloWorld: Schema.Finite,
    }),
  ),
  /** Absent where `npm run build` has not made one. */
  executable: Schema.optionalKey(
    Schema.Struct({ bytes: Schema.Int, xzBytes: Schema.optionalKey(Schema.Int), idle: Memory }),
  ),
  peers: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      /** Why there is no memory: not installed, or it ended by itself. */
      missing: Schema.optionalKey(Schema.String),
      idle: Schema.optionalKey(Memory),
    }),
  ),
  missed: Schema.Array(Schema.String),
})
export type StartupReport = typeof StartupReport.Type

/** Rows of `programs` that have a budget. */
export const executableVersion = "--version, executable"
export const executableStatus = "status without a daemon, executable"

import * as Schema from "effect/Schema"

/** Medians over the rounds, in milliseconds; processor time of children comes in ticks of 10. */
const Cost = Schema.Struct({ wall: Schema.Finite, own: Schema.Finite, children: Schema.Finite })
export type Cost = typeof Cost.Type

/** What `bench/scan.ts --json` prints. */
export const ScanReport = Schema.Struct({
  packages: Schema.Int,
  updates: Schema.Int,
  rounds: Schema.Int,
  /** The programs one scan starts, in order, with their median wall time inside it and alone. */
  programs: Schema.Array(
    Schema.Struct({ command: Schema.String, inScan: Schema.Finite, alone: Schema.Finite }),
  ),
  /** The first scan of a process, when nothing is compiled yet: what a daemon pays every six hours. */
  firstScan: Cost,
  scan: Cost,
  /** The same programs one after the other, without the agent. */
  programsAlone: Cost,
  /** One bare `apt-get -s dist-upgrade`, where the host has apt. */
  distUpgrade: Schema.optionalKey(Cost),
  /** `patchctl scan` from source as a process of its own; `own` is 0 because all of it is a child. */
  commandFromSource: Cost,
  scanToItsChildren: Schema.Finite,
  scanToDistUpgrade: Schema.optionalKey(Schema.Finite),
  processorToItsChildren: Schema.Finite,
  processorToDistUpgrade: Schema.optionalKey(Schema.Finite),
  memory: Schema.Struct({ idleKilobytes: Schema.Finite, peakKilobytes: Schema.Finite }),
  problems: Schema.Array(Schema.String),
})
export type ScanReport = typeof ScanReport.Type

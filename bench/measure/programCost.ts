/** What one run of a program cost. */
export interface ProgramCost {
  /** Milliseconds, in steps of ten. */
  readonly wall: number
  /** Milliseconds of user and system time, children included. */
  readonly processor: number
  /** Resident memory of its largest process at the highest. */
  readonly peakKilobytes: number
}

/** GNU time, which asks the kernel for what wait4(2) tells of a child. */
export const timeProgram = "/usr/bin/time"

/** A command line that runs a program and writes what it cost into a file. `time` is where GNU time is. */
export const timed = (
  file: string,
  argv: ReadonlyArray<string>,
  time: string = timeProgram,
): readonly [string, ...ReadonlyArray<string>] => [
  time,
  "--quiet",
  "--format=%e %U %S %M",
  `--output=${file}`,
  ...argv,
]

/** Reads that file; NaN for what is not there. */
export const programCost = (text: string): ProgramCost => {
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN, peakKilobytes = Number.NaN] = text
    .trim()
    .split(/\s+/)
    .map(Number)
  return { wall: wall * 1000, processor: Math.round((user + system) * 1000), peakKilobytes }
}

import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageName, PackageVersion } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"

/** One package that would be installed anew, or at another version. */
export interface SimulatedInstall {
  readonly name: PackageName
  readonly from?: PackageVersion
  readonly to: PackageVersion
}

export interface Simulation {
  /** New packages, upgrades, and rebuilds of the same version. */
  readonly installs: ReadonlyArray<SimulatedInstall>
  readonly removals: ReadonlyArray<{ readonly name: PackageName; readonly from: PackageVersion }>
  /** Those of `installs` that would go back to an older version. */
  readonly downgrades: ReadonlyArray<SimulatedInstall>
  /** What would be installed once more at its present version. */
  readonly reinstalls: ReadonlyArray<PackageName>
  /**
   * Whether apk came to the end: all announced steps and the last line are there. The exit code says nothing about
   * it: it counts the packages that are broken on this host, whatever was asked.
   */
  readonly isComplete: boolean
  readonly notUnderstood: number
}

const decodeName = Schema.decodeUnknownOption(PackageName)
const decodeVersion = Schema.decodeUnknownOption(PackageVersion)

/** `(K/N) VERB NAME[@tag] (VERSION)` or `(OLD -> NEW)`; apk 3 sets K right. */
const step =
  /^\( *\d+\/(\d+)\) (?:\[[^\]]*\] )?([A-Z][a-z]+(?: pinning)?) ([^\s@]+)(?:@\S+)? \((\S+)(?: -> (\S+))?\)$/

/** `OK: 24 MiB in 30 packages`, or in its place how many packages are broken. */
const summary = /^(?:OK:|\d+ errors?;) .* in \d+ packages$/

/** A step of a transaction as apk announces it, for progress; undefined for any other line. */
export const stepOf = (
  line: string,
): { readonly name: string; readonly at: number; readonly of: number } | undefined => {
  const [, at, of, name] = /^\( *(\d+)\/(\d+)\) .*? ([^\s@]+)(?:@\S+)? \(\S+(?: -> \S+)?\)$/.exec(line) ?? []
  return name === undefined ? undefined : { name, at: Number(at), of: Number(of) }
}

/** Whether apk carried out, or acted out, all that it set out to do. */
export const hasSummary = (stdout: string): boolean =>
  /^(?:OK:|\d+ errors?;) .* in \d+ packages$/m.test(stdout)

/** Reads what `apk upgrade --simulate` and `apk fix --simulate` print. */
export const parseSimulation = (stdout: string): Simulation => {
  const installs: Array<SimulatedInstall> = []
  const downgrades: Array<SimulatedInstall> = []
  const removals: Array<{ name: PackageName; from: PackageVersion }> = []
  const reinstalls: Array<PackageName> = []
  let announced = 0
  let steps = 0
  let isEnded = false
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    if (summary.test(line)) {
      isEnded = true
      continue
    }
    const [, total, verb = "", ...words] = step.exec(line) ?? []
    const name = decodeName(words[0])
    const first = decodeVersion(words[1])
    const second = decodeVersion(words[2])
    if (Option.isNone(name) || Option.isNone(first)) {
      notUnderstood += 1
      continue
    }
    announced = Number(total)
    steps += 1
    const isChange = Option.isSome(second)
    if (verb === "Purging" && !isChange) removals.push({ name: name.value, from: first.value })
    else if (verb === "Reinstalling" && !isChange) reinstalls.push(name.value)
    else if (verb === "Installing" && !isChange) installs.push({ name: name.value, to: first.value })
    else if (isChange && /^(?:Upgrading|Replacing|Downgrading)$/.test(verb)) {
      const row = { name: name.value, from: first.value, to: second.value }
      installs.push(row)
      if (verb === "Downgrading") downgrades.push(row)
    } else if (verb !== "Updating pinning") notUnderstood += 1
  }
  return {
    installs,
    removals,
    downgrades,
    reinstalls,
    isComplete: isEnded && steps === announced,
    notUnderstood,
  }
}

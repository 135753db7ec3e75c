import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"

/** What apt prints of a version's source: fields of its Release file. A source without one is a bare host name. */
const SimulatedOrigin = Schema.Struct({
  label: Schema.optionalKey(Schema.String),
  version: Schema.optionalKey(Schema.String),
  suite: Schema.String,
})
type SimulatedOrigin = typeof SimulatedOrigin.Type

const SimulatedInstall = Schema.Struct({
  name: PackageName,
  architecture: Architecture,
  /** The installed version; absent for a new package. */
  from: Schema.optionalKey(PackageVersion),
  to: PackageVersion,
  /** All sources of the version, in apt's order; empty for a local file. */
  origins: Schema.Array(SimulatedOrigin),
})
export type SimulatedInstall = typeof SimulatedInstall.Type

const SimulatedRemoval = Schema.Struct({
  name: PackageName,
  /** Only of a foreign architecture; apt does not print the native one. */
  architecture: Schema.optionalKey(Architecture),
  from: PackageVersion,
})
export type SimulatedRemoval = typeof SimulatedRemoval.Type

export interface Simulation {
  /** `Inst` lines in apt's order: upgrades, downgrades, reinstallations and new packages. */
  readonly installs: ReadonlyArray<SimulatedInstall>
  /** `Remv` and `Purg` lines in apt's order. */
  readonly removals: ReadonlyArray<SimulatedRemoval>
  /** Lines that begin like a step of the simulation and do not go on like one. */
  readonly notUnderstood: number
}

const decodeInstall = Schema.decodeUnknownOption(SimulatedInstall)
const decodeRemoval = Schema.decodeUnknownOption(SimulatedRemoval)

// The trailing brackets list packages that are broken until a later step: "[libc6-dev:amd64 on libc6:amd64] [libc6-dev:amd64 ]".
const installed = /^(?:Inst|Conf) (\S+)(?: \[(\S+)\])? \((\S+) (.*?) ?\[([^\s\]]+)\]\)(?: \[[^\]]*\])*$/
const removed = /^(?:Remv|Purg) (\S+) \[(\S+)\](?: \[[^\]]*\])*$/

/** `LABEL:VERSION/SUITE`, where a Release file may lack label or version. A label may itself hold a colon. */
const origin = (text: string): SimulatedOrigin => {
  const colon = text.lastIndexOf(":")
  const place = text.slice(colon + 1)
  const slash = place.indexOf("/")
  return {
    ...(colon === -1 ? {} : { label: text.slice(0, colon) }),
    ...(slash === -1 ? {} : { version: place.slice(0, slash) }),
    suite: place.slice(slash + 1),
  }
}

/** A foreign architecture is part of the name apt prints: `libc6:i386`. */
const splitName = (printed: string): readonly [name: string, architecture: string | undefined] => {
  const [name = "", architecture] = printed.split(":")
  return [name, architecture]
}

const installOf = (line: string): Option.Option<SimulatedInstall> => {
  const [, printed, from, to, origins, architecture] = installed.exec(line) ?? []
  if (printed === undefined || origins === undefined) return Option.none()
  const [name] = splitName(printed)
  return decodeInstall({
    name,
    architecture,
    ...(from === undefined ? {} : { from }),
    to,
    origins: origins === "" ? [] : origins.split(", ").map(origin),
  })
}

const removalOf = (line: string): Option.Option<SimulatedRemoval> => {
  const [, printed, from] = removed.exec(line) ?? []
  if (printed === undefined) return Option.none()
  const [name, architecture] = splitName(printed)
  return decodeRemoval({ name, ...(architecture === undefined ? {} : { architecture }), from })
}

/**
 * Reads what `apt-get -s` prints (pkgSimulate and VerIterator::RelStr in apt's source):
 *
 *     Inst NAME [OLD] (NEW LABEL:VERSION/SUITE[, …] [ARCH])      no [OLD] for a new package
 *     Conf NAME (NEW LABEL:VERSION/SUITE[, …] [ARCH])
 *     Remv NAME [OLD]                                             Purg with --purge
 *
 * Other lines are summaries for people and the chatter of hooks. A label that holds ", " comes apart into two
 * origins here: what decides anything about an origin is read from its Release file, not from these lines.
 */
export const parseSimulation = (stdout: string): Simulation => {
  const installs: Array<SimulatedInstall> = []
  const removals: Array<SimulatedRemoval> = []
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    if (line.startsWith("Inst ")) {
      const install = installOf(line)
      if (Option.isSome(install)) installs.push(install.value)
      else notUnderstood += 1
    } else if (line.startsWith("Remv ") || line.startsWith("Purg ")) {
      const removal = removalOf(line)
      if (Option.isSome(removal)) removals.push(removal.value)
      else notUnderstood += 1
    } else if (line.startsWith("Conf ") && !installed.test(line)) {
      notUnderstood += 1
    }
  }
  return { installs, removals, notUnderstood }
}

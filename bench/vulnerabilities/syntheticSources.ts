import { binaryName, kinds, sourceName, versions } from "./almaLinux.ts"
import { type Numbers, turn } from "./numbers.ts"

export interface Source {
  readonly name: string
  readonly binaries: ReadonlyArray<string>
  /** Streams of a module, of which the first is enabled on the host. */
  readonly streams: ReadonlyArray<string>
  readonly builds: ReadonlyArray<string>
  /** How many CVEs each advisory names. */
  readonly cves: readonly [number, ...ReadonlyArray<number>]
}

/** Sources until they have as many advisories as wanted. */
export const makeSources = (below: Numbers, advisories: number): ReadonlyArray<Source> => {
  const sources: Array<Source> = []
  let left = advisories
  for (const kind of kinds) {
    const wanted = Math.round((kind.sources * advisories) / 1_800)
    for (let at = 0; at < wanted && left > 0; at += 1) {
      const count = Math.min(turn(kind.advisories, at), left)
      const name = sourceName(below, sources.length)
      const modular = kind.moduleEvery !== undefined && at % kind.moduleEvery === 0
      const scheme = modular ? "module" : count > 15 && at % 2 === 0 ? "release" : "upstream"
      sources.push({
        name,
        binaries: Array.from({ length: turn(kind.binaries, at) }, (_, binary) => binaryName(name, binary)),
        streams: modular ? [`${name}:${18 + below(3)}`, `${name}:22`] : [],
        builds: versions(below, scheme, count),
        cves: kind.cves,
      })
      left -= count
    }
  }
  return sources
}

/** One advisory and where it belongs. */
export interface Slot {
  readonly source: Source
  readonly build: number
}

/** The advisories of all sources as time brings them: shuffled, but each source's own in order. */
export const makeSlots = (below: Numbers, sources: ReadonlyArray<Source>): ReadonlyArray<Slot> => {
  const order = sources.flatMap((source) => source.builds.map(() => source))
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = below(at + 1)
    const [a, b] = [order[at], order[other]]
    if (a !== undefined && b !== undefined) [order[at], order[other]] = [b, a]
  }
  const next = new Map<Source, number>()
  return order.map((source) => {
    const build = next.get(source) ?? 0
    next.set(source, build + 1)
    return { source, build }
  })
}

/** The module stream that a build is for: those of a module take turns. */
export const streamAt = ({ streams }: Source, build: number): string | undefined => streams[build % 2]

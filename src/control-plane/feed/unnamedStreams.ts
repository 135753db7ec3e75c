import type { Claim } from "./Claim.ts"

/** A build of a module marks all its packages with its number and context: `module_el8.10.0+3858+6ad51f9f`. */
const buildOf = ({ fixed = "" }: Claim): string | undefined =>
  /\.(module[_+][^+]*\+\d+\+[0-9a-f]{8})/.exec(fixed)?.[1]

/** A package and the first two numbers of its version: `podman 4.9`. */
const packageOf = ({ package: name, fixed = "" }: Claim): string =>
  `${name} ${/^(?:\d+:)?(\d+(?:\.\d+)?)/.exec(fixed)?.[1] ?? fixed}`

const streamsOf = (claims: ReadonlyArray<Claim>): ReadonlySet<string> =>
  new Set(claims.flatMap(({ module }) => module ?? []))

/** What advisories that name their stream tell of those that do not. */
class NamedStreams {
  /** Streams by build, from advisories for one stream. */
  readonly #ofBuild = new Map<string, Set<string>>()
  /** Packages by stream, by module. */
  readonly #modules = new Map<string, Map<string, Set<string>>>()

  add(claims: ReadonlyArray<Claim>): void {
    const streams = streamsOf(claims)
    for (const stream of streams) {
      const name = stream.slice(0, stream.indexOf(":"))
      const module = this.#modules.get(name) ?? new Map<string, Set<string>>()
      const known = module.get(stream) ?? new Set()
      for (const claim of claims) if (claim.module === stream) known.add(packageOf(claim))
      this.#modules.set(name, module.set(stream, known))
      for (const build of streams.size === 1 ? claims.flatMap((claim) => buildOf(claim) ?? []) : []) {
        this.#ofBuild.set(build, (this.#ofBuild.get(build) ?? new Set()).add(stream))
      }
    }
  }

  /** The one stream that all builds are of which have been seen before. */
  byBuild(claims: ReadonlyArray<Claim>): string | undefined {
    const [first, ...others] = claims.flatMap((claim) => this.#ofBuild.get(buildOf(claim) ?? "") ?? [])
    const common = others.reduce(
      (all: ReadonlySet<string>, some) => all.intersection(some),
      first ?? new Set(),
    )
    return common.size === 1 ? [...common][0] : undefined
  }

  /** The one stream of the module that the title names, if its packages have come in versions like these. */
  byTitle(title: string, claims: ReadonlyArray<Claim>): string | undefined {
    const modules = title.split(/[\s:]+/).flatMap((word) => this.#modules.get(word) ?? [])
    const [[stream, known] = [], ...others] = modules.flatMap((module) => [...module])
    return others.length === 0 && claims.every((claim) => known?.has(packageOf(claim))) ? stream : undefined
  }
}

/**
 * The streams of advisories whose titles name none (`container-tools security update`), by the ids of these advisories.
 * An advisory brings builds of one stream. Where nothing is certain, nothing is said: a wrong stream hides findings.
 */
export const unnamedStreams = (claims: ReadonlyArray<Claim>): ReadonlyMap<string, string> => {
  const modular = claims.filter(({ module }) => module !== undefined)
  const published = [...Map.groupBy(modular, ({ publication }) => publication.id)]
  const isUnnamed = (ofOne: ReadonlyArray<Claim>) => streamsOf(ofOne).has("?")
  const named = new NamedStreams()
  for (const [, ofOne] of published) if (!isUnnamed(ofOne)) named.add(ofOne)
  const found = new Map<string, string>()
  for (const [id, ofOne] of published) {
    if (!isUnnamed(ofOne)) continue
    const unnamed = ofOne.filter(({ module }) => module === "?")
    const title = unnamed[0]?.publication.title ?? ""
    const stream = named.byBuild(unnamed) ?? named.byTitle(title, unnamed)
    if (stream !== undefined) found.set(id, stream)
  }
  return found
}

import * as Effect from "effect/Effect"
import type { ManagerError } from "../PackageManager.ts"
import type { Install } from "../planUpdates.ts"
import { formatNevra, versionText } from "../rpm/nevra.ts"
import { collectOffersNamed } from "./collectOffers.ts"
import { fieldSeparator, read } from "./dnfCommands.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { exactSpec } from "./dnfInstall.ts"
import { recordsOf } from "./dnfOffers.ts"
import { ask } from "./dnfRead.ts"

/** What the repositories tell of one package version. */
export interface Details {
  /** Ids of the repositories that have it. */
  readonly repositories: ReadonlyArray<string>
  readonly downloadBytes?: number
  /** What its files take on disk, as the package declares. */
  readonly installedBytes?: number
}

type Version = Pick<Install, "name" | "architecture" | "to">

const tags = ["name", "epoch", "version", "release", "arch", "repoid", "downloadsize", "installsize"] as const

const details = (dialect: DnfDialect, specs: ReadonlyArray<string>) => {
  const format = tags.map((tag) => `%{${tag}}`).join(fieldSeparator)
  // dnf4 ends each record by itself
  const end = dialect.kind === "dnf5" ? "\\n" : ""
  return read(dialect, "--quiet", "repoquery", "--available", `--queryformat=${format}${end}`, ...specs)
}

const bytesOf = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined)

/** Reads `repoquery` with these tags: what is known of each package, by `name-[epoch:]version-release.arch`. */
export const parseDetails = (stdout: string): ReadonlyMap<string, Details> => {
  const found = new Map<string, Details>()
  for (const record of recordsOf(stdout, tags.length)) {
    if (record === undefined) continue
    const [name = "", epoch = "", version = "", release = "", architecture = "", repository = ""] = record
    const nevra = formatNevra({ name, architecture, version: versionText(epoch, version, release) })
    const [downloadBytes, installedBytes] = record.slice(6).map(bytesOf)
    found.set(nevra, {
      repositories: [...(found.get(nevra)?.repositories ?? []), repository],
      ...(downloadBytes === undefined ? {} : { downloadBytes }),
      ...(installedBytes === undefined ? {} : { installedBytes }),
    })
  }
  return found
}

/** Details of these versions. yum tells only where they are; its sizes are rounded, and in the table alone. */
export const collectDetails = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  rows: ReadonlyArray<Version>,
): Effect.fn.Return<(row: Version) => Details | undefined, ManagerError> {
  const dialect = yield* dependencies.dialect
  if (dialect.kind === "yum3") {
    const names = [...new Set(rows.map(({ name }) => name))]
    const offers = yield* collectOffersNamed(dependencies, dialect, "plan", names)
    const byNevra = Map.groupBy(offers, formatNevra)
    return (row) => ({
      repositories: (byNevra.get(exactSpec(row)) ?? []).map(({ repository }) => repository),
    })
  }
  const specs = [...new Set(rows.map(exactSpec))]
  if (specs.length === 0) return () => undefined
  const { stdout } = yield* ask(dependencies, dialect, "plan", details(dialect, specs))
  const found = parseDetails(stdout)
  return (row) => found.get(exactSpec(row))
})

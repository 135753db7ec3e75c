import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageInfo } from "../../domain/Command.ts"
import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import { compare } from "../../version/rpm.ts"
import { detailsOf, type RpmDetails } from "../rpm/rpmDetails.ts"
import { detailTags, reasonTags } from "./dnfCommands.ts"
import { recordsOf, type Offer } from "./dnfOffers.ts"

/** What is known of packages by name, from whichever tool knows it. */
export interface Knowledge {
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly offers: ReadonlyArray<Offer>
  readonly details: ReadonlyMap<string, RpmDetails>
  /** Whether a package, `name.arch`, is there only because others need it. */
  readonly automatic: ReadonlyMap<string, boolean>
}

/** Reads a query with `detailTags`; of several versions the last one's. */
export const parseDetails = (stdout: string): ReadonlyMap<string, RpmDetails> => {
  const found = new Map<string, RpmDetails>()
  for (const record of recordsOf(stdout, detailTags.length)) {
    const [name, sourceRpm, group, size, url, summary] = record ?? []
    if (name !== undefined) found.set(name, detailsOf({ sourceRpm, group, size, url, summary }))
  }
  return found
}

const reasons: Readonly<Record<string, boolean>> = {
  user: false,
  group: false,
  dependency: true,
  "weak-dependency": true,
  "weak dependency": true,
}

/** Reads a query with `reasonTags`. dnf5 capitalizes the reasons; what came with rpm itself has none. */
export const parseInstallReasons = (stdout: string): ReadonlyMap<string, boolean> => {
  const found = new Map<string, boolean>()
  for (const record of recordsOf(stdout, reasonTags.length)) {
    const [name = "", architecture = "", reason = ""] = record ?? []
    const automatic = reasons[reason.toLowerCase()]
    if (automatic !== undefined) found.set(`${name}.${architecture}`, automatic)
  }
  return found
}

const decodeInfo = Schema.decodeUnknownOption(PackageInfo)

const newestFirst = <T extends { readonly version: string }>(rows: ReadonlyArray<T>): ReadonlyArray<T> =>
  rows.toSorted((a, b) => compare(b.version, a.version))

/** What is known of one package; none when it is neither installed nor offered. */
export const describePackage = (name: PackageName, known: Knowledge): Option.Option<PackageInfo> => {
  const rows = newestFirst(known.installed.filter((row) => row.name === name))
  const offers = newestFirst(known.offers.filter((offer) => offer.name === name))
  const [newest] = newestFirst([...rows, ...offers])
  if (newest === undefined) return Option.none()
  const versions = Map.groupBy(offers, ({ version }) => version)
  const details = known.details.get(name) ?? {}
  return decodeInfo({
    manager: "dnf",
    name,
    installed: rows.map((row) => {
      const automatic = known.automatic.get(`${row.name}.${row.architecture}`)
      return {
        version: row.version,
        architecture: row.architecture,
        held: row.held ?? false,
        ...(automatic === undefined ? {} : { automatic }),
      }
    }),
    candidate: newest.version,
    available: [...versions].map(([version, same]) => ({
      version,
      repositories: [...new Set(same.map(({ repository }) => repository))],
    })),
    ...details,
    source: details.source ?? rows[0]?.source ?? name,
  })
}

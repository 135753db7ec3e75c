import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageInfo } from "../../domain/Command.ts"
import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import { compare } from "../../version/rpm.ts"
import { normalVersion } from "../rpm/nevra.ts"
import type { RpmDetails } from "../rpm/rpmDetails.ts"
import type { Details } from "./zypperInfo.ts"
import type { Offered } from "./zypperVersions.ts"

export interface Knowledge {
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly offered: ReadonlyArray<Offered>
  /** What zypper says of its candidates. */
  readonly candidates: ReadonlyMap<string, Details>
  /** What rpm says of what is installed, in exact figures. */
  readonly details: ReadonlyMap<string, RpmDetails>
  /** Names of packages installed only because others need them. */
  readonly automatic: ReadonlySet<string>
  readonly priorityOf: (repository: string) => number | undefined
}

const optional = (fields: Readonly<Record<string, string | number | undefined>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""))

const availableOf = (name: string, { offered, priorityOf }: Knowledge) =>
  [
    ...Map.groupBy(
      offered.filter((row) => row.name === name),
      ({ version }) => version,
    ),
  ]
    .toSorted(([a], [b]) => compare(b, a))
    .map(([version, rows]) => {
      const repositories = [...new Set(rows.map(({ repository }) => repository))]
      const priorities = repositories.flatMap((id) => priorityOf(id) ?? [])
      return {
        version,
        repositories,
        ...(priorities.length === 0 ? {} : { priority: Math.min(...priorities) }),
      }
    })

const decodeInfo = Schema.decodeUnknownOption(PackageInfo)

/** What is known of one package; none when it is neither installed nor offered. */
export const describePackage = (name: PackageName, known: Knowledge): Option.Option<PackageInfo> => {
  const rows = known.installed.filter((row) => row.name === name)
  const available = availableOf(name, known)
  if (rows.length === 0 && available.length === 0) return Option.none()
  const candidate = known.candidates.get(name)
  const details = known.details.get(name)
  return decodeInfo({
    manager: "zypper",
    name,
    installed: rows.map(({ version, architecture, held }) => ({
      version,
      architecture,
      held: held ?? false,
      automatic: known.automatic.has(name),
    })),
    available,
    ...optional({
      ...details,
      candidate: normalVersion(candidate?.get("Version") ?? ""),
      source: candidate?.get("Source package")?.replace(/-[^-]+-[^-]+$/, "") ?? details?.source,
      summary: candidate?.get("Summary") ?? details?.summary,
    }),
  })
}

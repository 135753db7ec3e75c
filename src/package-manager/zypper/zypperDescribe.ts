import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageInfo } from "../../domain/Command.ts"
import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import { compare } from "../../version/rpm.ts"
import { outputLines } from "../outputLines.ts"
import { normalVersion } from "../rpm/nevra.ts"
import { messagesOf, type ZypperStream } from "./zypperStream.ts"
import type { Offered } from "./zypperVersions.ts"

/** What `zypper info` says of one package: the labels of its lines and what stands beside them. */
export type Details = ReadonlyMap<string, string>

/** Reads `zypper info --type package`, one message for each package, by name. A description is indented. */
export const parseDetails = (stream: ZypperStream): ReadonlyMap<string, Details> =>
  new Map(
    messagesOf(stream, "info").flatMap((text) => {
      const details = new Map(
        [...text.matchAll(/^([A-Z][A-Za-z ]*?) +: (.*)$/gm)].map(([, label = "", value = ""]) => [
          label,
          value.trim(),
        ]),
      )
      const name = details.get("Name")
      return name === undefined ? [] : [[name, details]]
    }),
  )

/** What rpm knows of an installed package and zypper tells in rounded figures or not at all. */
export interface RpmFacts {
  readonly sizeBytes?: number
  readonly homepage?: string
  readonly section?: string
}

export const rpmFactsFormat = "%{NAME}\\t%{LONGSIZE}\\t%{URL}\\t%{GROUP}\\n"

const said = (value: string | undefined) => (value === undefined || value === "(none)" ? undefined : value)

/** Reads `rpm --query` with that format, by name. Lines that say that a package is not installed are passed over. */
export const parseRpmFacts = (stdout: string): ReadonlyMap<string, RpmFacts> =>
  new Map(
    [...outputLines(stdout)].flatMap((line) => {
      const [name = "", size, url, group, ...rest] = line.split("\t")
      if (group === undefined || rest.length > 0) return []
      const homepage = said(url)
      const section = group === "Unspecified" ? undefined : said(group)
      return [
        [
          name,
          {
            ...(size !== undefined && /^\d{1,15}$/.test(size) ? { sizeBytes: Number(size) } : {}),
            ...(homepage === undefined ? {} : { homepage }),
            ...(section === undefined ? {} : { section }),
          },
        ] as const,
      ]
    }),
  )

export interface Knowledge {
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly offered: ReadonlyArray<Offered>
  readonly details: ReadonlyMap<string, Details>
  readonly facts: ReadonlyMap<string, RpmFacts>
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
  const details = known.details.get(name)
  const facts = known.facts.get(name)
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
      candidate: normalVersion(details?.get("Version") ?? ""),
      source: details?.get("Source package")?.replace(/-[^-]+-[^-]+$/, "") ?? rows[0]?.source,
      section: facts?.section,
      summary: details?.get("Summary"),
      homepage: facts?.homepage,
      installedSizeBytes: facts?.sizeBytes,
    }),
  })
}

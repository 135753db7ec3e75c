import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageInfo, type PackageInfoReport } from "../../domain/Command.ts"
import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import { compare } from "../../version/pacman.ts"
import type { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { installedPackages, inventoryRows } from "./collectInventory.ts"
import { collectRecords } from "./collectUpgrade.ts"
import type { LocalPackage } from "./localDatabase.ts"
import type { SyncRecord } from "./syncRecord.ts"

const decodeInfo = Schema.decodeUnknownOption(PackageInfo)

/** Each offered version with the repositories that have it, newest first. */
const versionsOf = (records: ReadonlyArray<SyncRecord>) =>
  [...Map.groupBy(records, ({ version }) => version)]
    .map(([version, offers]) => ({ version, repositories: offers.map(({ repository }) => repository) }))
    .toSorted((a, b) => compare(b.version, a.version))

/** None where neither this host nor a repository knows the name. pacman takes a package from the first repository that has it. */
export const describePackage = (
  name: string,
  locals: ReadonlyArray<LocalPackage & { readonly held: boolean }>,
  records: ReadonlyArray<SyncRecord>,
): Option.Option<PackageInfo> => {
  const [first] = records
  const [local] = locals
  if (first === undefined && local === undefined) return Option.none()
  const installedSizeBytes = local?.installedBytes ?? first?.installedBytes
  return decodeInfo({
    manager: "pacman",
    name,
    installed: locals.map(({ row, automatic, held }) => ({
      version: row.version,
      architecture: row.architecture,
      held,
      automatic,
    })),
    ...(first === undefined ? {} : { candidate: first.version }),
    available: versionsOf(records),
    ...(local?.row.source === undefined ? {} : { source: local.row.source }),
    ...(first?.summary === undefined ? {} : { summary: first.summary }),
    ...(first?.homepage === undefined ? {} : { homepage: first.homepage }),
    ...(installedSizeBytes === undefined ? {} : { installedSizeBytes }),
  })
}

/** What this host and the repositories know of these packages. */
export const collectDescriptions = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  names: ReadonlyArray<PackageName>,
): Effect.fn.Return<PackageInfoReport, ManagerError> {
  const { packages } = yield* installedPackages(dependencies, "describe")
  const { settings, folder } = yield* collectIndexes(dependencies, "describe")
  const { records } = yield* collectRecords(dependencies, "describe", folder, [...new Set(names)])
  const held = new Set(
    inventoryRows(packages, settings).flatMap((row: InstalledPackage) =>
      row.held === true ? [row.name] : [],
    ),
  )
  const described = [...new Set(names)].map((name) => {
    const locals = packages
      .filter(({ row }) => row.name === name)
      .map((local) => ({ ...local, held: held.has(local.row.name) }))
    return [
      name,
      describePackage(
        name,
        locals,
        records.filter((record) => record.name === name),
      ),
    ] as const
  })
  return {
    packages: described.flatMap(([, info]) => Option.toArray(info)),
    unknown: described.flatMap(([name, info]) => (Option.isNone(info) ? [name] : [])),
  }
})

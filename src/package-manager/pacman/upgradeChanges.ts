import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import { Architecture, PackageName, PackageVersion } from "../../domain/Package.ts"
import type { Changes, Consequences, Install, Removal } from "../planUpdates.ts"
import type { LocalPackage } from "./localDatabase.ts"
import type { WholeUpgrade } from "./wholeUpgrade.ts"

const decodeInstall = Schema.decodeUnknownOption(
  Schema.Struct({
    name: PackageName,
    architecture: Architecture,
    from: Schema.optionalKey(PackageVersion),
    to: PackageVersion,
  }),
)

/** Installed packages that the upgrade removes: replaced by a successor, or excluded by a package of the upgrade. */
const removedBy = (
  { replaced, excluded }: WholeUpgrade,
  installed: ReadonlyArray<LocalPackage>,
): ReadonlyArray<LocalPackage> => [
  ...installed.filter(({ row }) => replaced.has(row.name)),
  ...new Set([...excluded.values()].flat()),
]

/** The upgrade as installations and removals. None when a name or version is not one that may be sent. */
export const changesOf = (
  upgrade: WholeUpgrade,
  installed: ReadonlyArray<LocalPackage>,
): Option.Option<Changes> => {
  const versions = new Map<string, string>(installed.map(({ row }) => [row.name, row.version]))
  const installs = upgrade.installs.flatMap(({ name, version, record }): ReadonlyArray<Install> => {
    const from = versions.get(name)
    return Option.toArray(
      decodeInstall({
        name,
        architecture: record.architecture,
        ...(from === undefined ? {} : { from }),
        to: version,
      }),
    )
  })
  if (installs.length < upgrade.installs.length) return Option.none()
  const removals = removedBy(upgrade, installed).map(({ row }): Removal => ({
    name: row.name,
    architecture: row.architecture,
    from: row.version,
  }))
  return Option.some({ installs, removals })
}

/**
 * Packages whose new code runs only after a restart of the host: kernels (Arch's, Arch Linux ARM's, Manjaro's `linux618`),
 * microcode, and what every process has loaded or may not be restarted alone. Only an expectation: afterwards the host
 * itself is looked at.
 */
const needsReboot =
  /^(?:linux(?:-(?:lts|zen|hardened|rt|rt-lts|aarch64|armv7|rpi|rpi-16k)|\d+)?|(?:amd|intel)-ucode|glibc|systemd|dbus|dbus-broker)$/

const sum = (sizes: ReadonlyArray<number | undefined>): number | undefined =>
  sizes.reduce((total, size) => (total === undefined || size === undefined ? undefined : total + size), 0)

/** What the upgrade costs, by what the repositories say of their packages. */
export const consequencesOf = (
  upgrade: WholeUpgrade,
  installed: ReadonlyArray<LocalPackage>,
): Consequences => {
  const repositories = new Map(upgrade.installs.map(({ name, repository }) => [name, repository]))
  const going = new Set(removedBy(upgrade, installed))
  const before = installed.filter((local) => repositories.has(local.row.name) || going.has(local))
  const [more, less] = [
    sum(upgrade.installs.map(({ record }) => record.installedBytes)),
    sum(before.map(({ installedBytes }) => installedBytes)),
  ]
  const rebootExpected: InstallPlan["rebootExpected"] = upgrade.installs.some(({ name }) =>
    needsReboot.test(name),
  )
    ? "yes"
    : "no"
  return {
    originsOf: ({ name }) => {
      const repository = repositories.get(name)
      return repository === undefined ? [] : [{ id: repository }]
    },
    downloadBytes: upgrade.installs.reduce((total, { bytes }) => total + bytes, 0),
    ...(more === undefined || less === undefined ? {} : { installedSizeChangeBytes: more - less }),
    rebootExpected,
  }
}

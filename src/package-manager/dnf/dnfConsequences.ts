import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import type { AvailableUpdate } from "../../domain/Update.ts"
import { managerReadTimeout } from "../../schedules.ts"
import { notRunBy } from "../managerFailure.ts"
import { outputLines } from "../outputLines.ts"
import type { ManagerError } from "../PackageManager.ts"
import type { Changes, Consequences, Install } from "../planUpdates.ts"
import { isInstallOnlyName } from "../rpm/installOnly.ts"
import { formatNevra, versionText } from "../rpm/nevra.ts"
import { collectDetails } from "./dnfDetails.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import type { Upgrade } from "./dnfInstall.ts"
import { simulate } from "./dnfUpgradeTrial.ts"

/**
 * Packages whose new code runs only after a restart of the host: what `dnf needs-restarting --reboothint` counts in its
 * generations 4 and 5, and kernels under every name. Only an expectation: afterwards the host itself is looked at.
 */
const needsReboot = new Set([
  "dbus",
  "dbus-broker",
  "dbus-daemon",
  "glibc",
  "gnutls",
  "linux-firmware",
  "microcode_ctl",
  "openssl-libs",
  "systemd",
  "udev",
])

const isKernel = (name: string) => isInstallOnlyName(name) && !name.endsWith("-devel")

/** Whether the host is expected to need a restart after this, by the packages or by an advisory that asks for one. */
export const rebootExpected = (
  installs: ReadonlyArray<Pick<Install, "name" | "to">>,
  updates: ReadonlyArray<AvailableUpdate>,
): InstallPlan["rebootExpected"] => {
  const asked = updates.filter(({ security }) =>
    security.evidence.some(({ restart }) => restart === "reboot"),
  )
  const isAsked = (row: Pick<Install, "name" | "to">) =>
    asked.some(
      ({ name, to, security }) => name === row.name && (to === row.to || security.fixedIn === row.to),
    )
  return installs.some((row) => needsReboot.has(row.name) || isKernel(row.name) || isAsked(row))
    ? "yes"
    : "no"
}

/** One line for each installed package: `name|epoch|version|release|arch|bytes`. */
const sizeFormat = "%{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}|%{LONGSIZE}\\n"

const installedSizes = Effect.fnUntraced(function* ({ subprocess }: DnfReadDependencies) {
  const { stdout } = yield* subprocess
    .run({
      program: "rpm",
      args: ["--query", "--all", "--queryformat", sizeFormat],
      timeout: managerReadTimeout,
    })
    .pipe(notRunBy("dnf")("plan"))
  const sizes = new Map<string, number>()
  for (const line of outputLines(stdout)) {
    const [name = "", epoch = "", version = "", release = "", architecture = "", bytes = ""] = line.split("|")
    if (!/^\d{1,15}$/.test(bytes)) continue
    const nevra = formatNevra({ name, architecture, version: versionText(epoch, version, release) })
    sizes.set(nevra, Number(bytes))
  }
  return sizes
})

const sum = (sizes: ReadonlyArray<number | undefined>): number | undefined =>
  sizes.reduce((total, size) => (total === undefined || size === undefined ? undefined : total + size), 0)

const units = ["k", "M", "G", "T"]

/** `Total download size: 7.4 M` in bytes, rounded up by as much as it may have been rounded down. */
export const roundedDownload = (stdout: string): number => {
  const [, amount, unit = ""] = /^Total download size: ([\d.]+)(?: ([kMGT]))?/m.exec(stdout) ?? []
  if (amount === undefined) return 0
  const digit = amount.includes(".") ? 0.1 : 1
  return Math.ceil((Number(amount) + (unit === "" ? 0 : digit)) * 1024 ** (units.indexOf(unit) + 1))
}

/** What is known about the changes of a plan beyond their names. Packages that were downloaded before count, too. */
export const consequences = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  updates: ReadonlyArray<AvailableUpdate>,
  changes: Changes,
  wanted: Upgrade,
): Effect.fn.Return<Consequences, ManagerError> {
  const { installs, removals } = changes
  const dialect = yield* dependencies.dialect
  const detailsOf = yield* collectDetails(dependencies, installs)
  const sizes = yield* installedSizes(dependencies)
  const more = sum(installs.map((row) => detailsOf(row)?.installedBytes))
  // An older kernel stays, unless there are too many, and then it is the oldest.
  const less = [...installs.filter(({ name }) => !isInstallOnlyName(name)), ...removals].flatMap(
    ({ name, architecture, from }) =>
      from === undefined ? [] : (sizes.get(formatNevra({ name, architecture, version: from })) ?? []),
  )
  const download =
    dialect.kind === "yum3"
      ? roundedDownload((yield* simulate(dependencies, "plan", wanted)).result.stdout)
      : (sum(installs.map((row) => detailsOf(row)?.downloadBytes ?? 0)) ?? 0)
  return {
    originsOf: (row) => (detailsOf(row)?.repositories ?? []).map((id) => ({ id })),
    downloadBytes: download,
    ...(more === undefined
      ? {}
      : { installedSizeChangeBytes: more - less.reduce((total, size) => total + size, 0) }),
    rebootExpected: rebootExpected(installs, updates),
  }
})

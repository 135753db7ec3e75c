import * as Effect from "effect/Effect"
import type { InstallPlan, PlannedInstall } from "../../domain/InstallPlan.ts"
import { aptFailure, notRun } from "./aptFailure.ts"
import { installedPackages, versionRecords } from "./aptCommands.ts"
import type { Wanted } from "../applyPlan.ts"
import type { Changes } from "../planUpdates.ts"
import { downloads } from "./aptInstall.ts"
import { parseUris } from "./aptUris.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { parseStanzas } from "./deb822.ts"

/**
 * Packages whose new code runs only after a restart of the host: kernels, microcode, and what is loaded by every
 * process or may not be restarted alone. The list is that of the maintainer scripts which call Debian's and Ubuntu's
 * `notify-reboot-required`. Only an expectation: afterwards the host itself is looked at.
 */
const needsReboot =
  /^(?:linux-image-.*|linux-(?:generic|virtual|lowlatency|aws|azure|gcp|kvm|raspi).*|libc6|(?:amd64|intel)-microcode|dbus|dbus-broker)$/

/** Whether the host is expected to need a restart after this. */
export const rebootExpected = (
  installs: ReadonlyArray<Pick<PlannedInstall, "name">>,
): InstallPlan["rebootExpected"] => (installs.some(({ name }) => needsReboot.test(name)) ? "yes" : "no")

/** Bytes still to be downloaded; archives that are in apt's cache do not count. */
export const downloadBytesOf = Effect.fnUntraced(function* (
  { subprocess }: AptReadDependencies,
  wanted: Wanted,
) {
  const result = yield* subprocess.run(downloads(wanted)).pipe(notRun("plan"))
  if (result.exitCode !== 0) return yield* aptFailure("plan", result)
  return parseUris(result.stdout).files.reduce((sum, { bytes }) => sum + bytes, 0)
})

const sizeFormat = "${Package}\t${Architecture}\t${Installed-Size}\n"

/** Installed-Size is an estimate in units of 1024 bytes (Debian Policy 5.6.20). */
const bytesOf = (size: string | undefined) =>
  size !== undefined && /^\d{1,13}$/.test(size) ? Number(size) * 1024 : undefined

/** By how much the files on disk grow, by what the packages declare; undefined where one declares nothing. */
export const installedSizeChange = Effect.fnUntraced(function* (
  { subprocess }: AptReadDependencies,
  plan: Changes,
) {
  const shown = yield* subprocess.run(versionRecords(plan.installs)).pipe(notRun("plan"))
  const queried = yield* subprocess.run(installedPackages(sizeFormat)).pipe(notRun("plan"))
  const sizeNow = new Map(
    queried.stdout.split("\n").flatMap((line) => {
      const [name = "", architecture = "", size] = line.split("\t")
      // The name alone serves a package that changes between an architecture and `all`.
      return [[name, bytesOf(size)] as const, [`${name}:${architecture}`, bytesOf(size)] as const]
    }),
  )
  const sizeThen = new Map(
    parseStanzas(shown.stdout).map((stanza) => [
      `${stanza.get("package")}=${stanza.get("version")}`,
      bytesOf(stanza.get("installed-size")),
    ]),
  )
  const before = [...plan.installs, ...plan.removals]
    .filter(({ from }) => from !== undefined)
    .map(({ name, architecture }) => sizeNow.get(`${name}:${architecture}`) ?? sizeNow.get(name))
  const after = plan.installs.map(({ name, to }) => sizeThen.get(`${name}=${to}`))
  const sum = (sizes: ReadonlyArray<number | undefined>) =>
    sizes.reduce((total, size) => (total === undefined || size === undefined ? undefined : total + size), 0)
  const [more, less] = [sum(after), sum(before)]
  return more === undefined || less === undefined ? undefined : more - less
})

import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InstalledPackage, type ManagerId } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"
import { versionText } from "./nevra.ts"

const fields = ["NAME", "EPOCHNUM", "VERSION", "RELEASE", "ARCH", "SOURCERPM"] as const

const formatOf = (module: string): string =>
  `${[...fields.map((tag) => `%{${tag}}`), module, "%{VENDOR}"].join("\\t")}\\n`

/** One record a line, its fields separated by tabs, which no build writes into any of them. Without module labels. */
export const rpmFormat = formatOf("(none)")

/** The same with the module label, a tag that rpm before 4.15 does not know. */
export const rpmModuleFormat = formatOf("%{MODULARITYLABEL}")

export interface RpmRows {
  readonly packages: ReadonlyArray<InstalledPackage>
  /** Who built each of the packages, in their order; empty where its record does not say. */
  readonly vendors: ReadonlyArray<string>
  /** Lines that are no record. */
  readonly notUnderstood: number
}

const decodeInstalled = Schema.decodeUnknownOption(InstalledPackage)

/** rpm keeps imported keys as rows without architecture. They are no packages. */
const isKey = (name: string): boolean => name === "gpg-pubkey"

/** `name-version-release.src.rpm`, which does not tell an epoch. */
export const parseSourceRpm = (text: string) => {
  const [, source, sourceVersion] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(text) ?? []
  return source === undefined || sourceVersion === undefined ? undefined : { source, sourceVersion }
}

/**
 * Reads `rpm -qa` with one of the two formats. Everything may be `(none)`: no epoch is epoch 0, no source package
 * means the package is its own, no module label means none, no vendor that nobody knows.
 */
export const parseRpmRows = (stdout: string, manager: ManagerId): RpmRows => {
  const packages: Array<InstalledPackage> = []
  const vendors: Array<string> = []
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const [
      name = "",
      epoch = "",
      version = "",
      release = "",
      architecture,
      sourceRpm,
      module,
      vendor = "",
      ...rest
    ] = line.split("\t")
    if (isKey(name) && sourceRpm !== undefined) continue
    const plainVersion = `${version}-${release}`
    const from = parseSourceRpm(sourceRpm ?? "")
    const row =
      sourceRpm === undefined || rest.length > 0 || !/^(?:\d+|\(none\))$/.test(epoch)
        ? Option.none()
        : decodeInstalled({
            manager,
            name,
            architecture,
            version: versionText(epoch, version, release),
            ...(from === undefined || from.source === name ? {} : { source: from.source }),
            ...(from === undefined || from.sourceVersion === plainVersion
              ? {}
              : { sourceVersion: from.sourceVersion }),
            ...(module === undefined || module === "(none)" || module === "" ? {} : { module }),
          })
    if (Option.isSome(row)) {
      packages.push(row.value)
      vendors.push(vendor === "(none)" ? "" : vendor)
    } else notUnderstood += 1
  }
  return { packages, vendors, notUnderstood }
}

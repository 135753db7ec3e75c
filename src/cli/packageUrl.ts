import type { InstalledPackage } from "../domain/Package.ts"
import type { Release } from "../vulnerability/release.ts"
import * as Option from "effect/Option"

/** The package URL type of what each manager installs. */
const types = { apt: "deb", dnf: "rpm", zypper: "rpm", apk: "apk", pacman: "alpm" } as const

/** Who makes the packages, where that is not the `ID` of os-release(5). */
const vendors: Readonly<Record<string, string>> = {
  rhel: "redhat",
  sles: "suse",
  "opensuse-leap": "opensuse",
  "opensuse-tumbleweed": "opensuse",
}

/** Everything but letters, digits and `.-_~:` is percent-encoded as UTF-8; RFC 3986 leaves `!'()*` to the encoder. */
const encoded = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll("%3A", ":")
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const qualifiers = (values: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(values)
    .flatMap(([key, value]) => (value === undefined || value === "" ? [] : [`${key}=${encoded(value)}`]))
    .join("&")

const upstreamOf = ({ name, source = name, sourceVersion }: InstalledPackage): string | undefined =>
  sourceVersion === undefined ? (source === name ? undefined : source) : `${source}@${sourceVersion}`

/**
 * The package URL of an installed package: `pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12`. An rpm's epoch is
 * a qualifier, a Debian one part of the version. Source: the purl specification, its types deb, rpm, apk and alpm;
 * `upstream` is what scanners read the source package from.
 */
export const packageUrl = (row: InstalledPackage, release: Option.Option<Release>): string => {
  const type = types[row.manager]
  const [, epoch, version = row.version] = type === "rpm" ? (/^(\d+):(.*)$/.exec(row.version) ?? []) : []
  const namespace = Option.map(release, ({ distribution }) => `${vendors[distribution] ?? distribution}/`)
  const name = type === "rpm" ? row.name : row.name.toLowerCase()
  // In alphabetical order, as the canonical form wants them.
  const values = qualifiers({
    arch: row.architecture,
    distro: Option.isSome(release) ? release.value.name : undefined,
    epoch,
    upstream: upstreamOf(row),
  })
  return `pkg:${type}/${Option.getOrElse(namespace, () => "")}${encoded(name)}@${encoded(version)}?${values}`
}

import type { FeedHeader } from "../../vulnerability/Feed.ts"
import type { Release } from "../../vulnerability/release.ts"

/** How far an ecosystem of OSV concerns a release. */
export interface Reach {
  /** The fix is published to holders of this subscription only. */
  readonly channel?: string
  /** Only for packages built for this minor release: `9.2`. */
  readonly minor?: string
}

/** How a distribution publishes its vulnerabilities, in OSV or in data of its own. */
export interface VendorData {
  readonly key: FeedHeader["key"]
  /** SPDX id of the vendor's data. */
  readonly licence: string
  /** What an ecosystem says about a release; undefined when it is about another. */
  readonly reach: (ecosystem: string, release: Release) => Reach | undefined
}

const everyone: Reach = {}

/** One ecosystem a release: `Debian:12`. */
const exactly =
  (name: (version: string) => string): VendorData["reach"] =>
  (ecosystem, { version }) =>
    ecosystem === name(version) ? everyone : undefined

/** FIPS, realtime and other lines of Ubuntu Pro are ecosystems of their own and other builds of the same sources. */
const ubuntu: VendorData["reach"] = (ecosystem, { version }) => {
  const [, tier = "", found] = /^Ubuntu:(Pro:)?(\d+\.\d+)(?::LTS)?$/.exec(ecosystem) ?? []
  if (found !== version) return undefined
  return tier === "" ? everyone : { channel: "pro" }
}

/** `Red Hat:enterprise_linux:9::appstream` is the main line, `Red Hat:rhel_eus:9.2::baseos` that of one minor release. */
const redHat: VendorData["reach"] = (ecosystem, { version }) => {
  const [, product, major, minor] =
    /^Red Hat:(enterprise_linux|rhel_(?:eus|aus|e4s|tus)):(\d+)(?:\.(\d+))?(?:::.*)?$/.exec(ecosystem) ?? []
  if (major !== version) return undefined
  if (product === "enterprise_linux") return minor === undefined ? everyone : undefined
  return minor === undefined ? undefined : { minor: `${major}.${minor}` }
}

/** `15.6` is `15 SP6`, `15` itself, and from 16 on there are no service packs. */
const servicePack = (version: string): string => {
  const [major = "", minor] = version.split(".")
  return minor === undefined ? major : Number(major) >= 16 ? version : `${major} SP${minor}`
}

/** What runs on a plain SLES: its own updates, modules, extensions. Not SAP, HPC, desktop, Micro or Teradata. */
const suse: VendorData["reach"] = (ecosystem, { version }) => {
  const product = /^SUSE:(.+)$/.exec(ecosystem)?.[1]
  if (product === undefined) return undefined
  const pack = servicePack(version)
  const isFor = (...forms: ReadonlyArray<string>) => forms.includes(product)
  if (isFor(`Linux Enterprise Server ${pack}`)) return everyone
  if (
    isFor(
      `Linux Enterprise Server ${pack}-LTSS`,
      `Linux Enterprise Server ${pack} LTSS`,
      `Linux Enterprise Server ${pack}-LTSS Extended Security`,
      `Linux Enterprise Server LTSS Extended Security ${pack}`,
    )
  ) {
    return { channel: "ltss" }
  }
  const extension =
    /^(?:Linux Enterprise (?:Module for .+|(?:Workstation|High Availability) Extension|Live Patching|Software Development Kit)|Package Hub|Real Time Module) (\d+(?: SP\d+|\.\d+)?)$/.exec(
      product,
    )?.[1]
  // What is added to SLES 12 outlives its service packs.
  return extension === pack || (extension === "12" && pack.startsWith("12 ")) ? everyone : undefined
}

const nothing: VendorData["reach"] = () => undefined

/** By distribution. Those that are not here publish no data that a feed could be made of. */
const vendors: Readonly<Record<string, VendorData>> = {
  almalinux: { key: "binary", licence: "MIT", reach: exactly((version) => `AlmaLinux:${version}`) },
  alpine: { key: "source", licence: "CC-BY-SA-4.0", reach: exactly((version) => `Alpine:v${version}`) },
  arch: { key: "binary", licence: "MIT", reach: nothing },
  // The tracker states no licence; the security team allows reuse.
  debian: {
    key: "source",
    licence: "LicenseRef-debian-security-tracker",
    reach: exactly((version) => `Debian:${version}`),
  },
  "opensuse-leap": {
    key: "binary",
    licence: "CC-BY-4.0",
    reach: exactly((version) => `openSUSE:Leap ${version}`),
  },
  "opensuse-tumbleweed": {
    key: "binary",
    licence: "CC-BY-4.0",
    reach: exactly(() => "openSUSE:Tumbleweed"),
  },
  rhel: { key: "binary", licence: "CC-BY-4.0", reach: redHat },
  rocky: { key: "source", licence: "BSD-3-Clause", reach: exactly((version) => `Rocky Linux:${version}`) },
  sles: { key: "binary", licence: "CC-BY-4.0", reach: suse },
  ubuntu: { key: "source", licence: "CC-BY-SA-4.0", reach: ubuntu },
}

export const vendorOf = ({ distribution }: Release): VendorData | undefined => vendors[distribution]

/** The distributions that feeds can be made for. */
export const vendorNames: ReadonlyArray<string> = Object.keys(vendors)

import type { InstalledPackage } from "../../domain/Package.ts"
import { foreignOrigins } from "../foreignOrigins.ts"

/**
 * The vendors that a distribution builds its own packages under, by the `ID` of os-release(5). EPEL is `Fedora Project`
 * and so foreign to all but Fedora, whose COPR is `Fedora Project COPR (…)`; the projects of openSUSE's build service are
 * `obs://…`; Package Hub is `openSUSE` on SLES.
 */
const ownVendors: Readonly<Record<string, RegExp>> = {
  almalinux: /^(?:AlmaLinux|CloudLinux)/,
  rocky: /^Rocky/,
  rhel: /^Red Hat/,
  ol: /^Oracle America/,
  fedora: /^Fedora Project$/,
  amzn: /^Amazon(?: Linux|\.com)/,
  sles: /^SUSE/,
  "opensuse-leap": /^(?:openSUSE$|SUSE)/,
  "opensuse-tumbleweed": /^(?:openSUSE$|SUSE)/,
}

/** More than any vendor calls itself. */
const longest = 256

/** The packages, those with `origin` that are not the distribution's. `vendors` are in their order, empty where unknown. */
export const withForeignVendors = (
  packages: ReadonlyArray<InstalledPackage>,
  vendors: ReadonlyArray<string>,
  distribution: string,
): ReadonlyArray<InstalledPackage> => {
  const known = vendors.filter((vendor) => vendor !== "")
  const foreign = foreignOrigins(known, ownVendors[distribution])
  if (foreign.size === 0) return packages
  return packages.map((row, at) => {
    const vendor = vendors[at] ?? ""
    return foreign.has(vendor) ? { ...row, origin: vendor.slice(0, longest).toWellFormed() } : row
  })
}

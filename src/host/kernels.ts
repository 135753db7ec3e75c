import type { InstalledPackage } from "../domain/Package.ts"

/** A kernel that is running or could be started. */
export interface Kernel {
  /** As in `uname -r`: `6.1.0-27-cloud-amd64`. */
  readonly release: string
  /** The package's version, `6.1.115-1`: a rebuild may keep the release. */
  readonly build?: string
}

/** A release taken apart: kernels of different flavours are not each other's successors. */
export interface KernelRelease {
  /** `6.1.0-27`, in the notation of Debian versions. */
  readonly version: string
  /** `cloud-amd64`, `generic`, `lts`; empty where the distribution writes none. */
  readonly flavour: string
}

/** Words inside a version: release candidates, and the patch sets that Arch numbers. */
const versionWord = /^(?:\d|(?:rc|arch|zen|hardened)\d)/

/**
 * The version reaches to the first part, between hyphens, that starts with a letter: `6.1.0-0.deb11.21` + `amd64`,
 * `6.12.43+deb13` + `cloud-amd64`, `5.15.0-130` + `generic`, `6.6.51+rpt` + `rpi-v8`, `6.10.3-arch1-2` + nothing.
 */
export const kernelRelease = (release: string): KernelRelease => {
  const parts = release.split("-")
  const end = parts.findIndex((part) => !versionWord.test(part))
  const length = end === -1 ? parts.length : end
  return { version: parts.slice(0, length).join("-"), flavour: parts.slice(length).join("-") }
}

/**
 * Packages that hold a kernel have its release in their name. Meta packages (`linux-image-amd64`,
 * `linux-image-generic-hwe-22.04`, `proxmox-kernel-6.8`) only depend on one and have none.
 */
const kernelPackage =
  /^(?:linux-image(?:-unsigned)?|proxmox-kernel|pve-kernel)-(\d+\.\d+(?:\.\d+|-rc\d)\S*?)(?:-unsigned|-signed)?$/

/** The kernels among apt's rows. Debug symbols are no kernel. */
export const installedKernels = (inventory: ReadonlyArray<InstalledPackage>): ReadonlyArray<Kernel> =>
  inventory
    .filter((row) => row.manager === "apt" && !/-dbg(?:sym)?$/.test(row.name))
    .flatMap((row) => {
      const release = kernelPackage.exec(row.name)?.[1]
      return release === undefined ? [] : [{ release, build: row.version }]
    })

/**
 * The package version Debian builds into its kernels, from the end of /proc/version:
 * `#1 SMP PREEMPT_DYNAMIC Debian 6.1.115-1 (2024-11-01)`.
 */
export const debianBuild = (version: string): string | undefined =>
  / Debian (\d\S*) \(\d{4}-\d{2}-\d{2}\)\s*$/.exec(version)?.[1]

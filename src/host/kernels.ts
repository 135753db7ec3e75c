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

/** Red Hat's families write the flavour at the very end: `5.14.0-503.el9.x86_64+rt`. */
const appendedFlavour = /\+((?:rt|64k|16k|zfcpdump)(?:-debug)?|debug)$/

/** Words inside a version: release candidates, and the patch sets that Arch numbers. */
const versionWord = /^(?:\d|(?:rc|arch|zen|hardened)\d)/

/**
 * The version reaches to the first part, between hyphens, that starts with a letter: `6.1.0-0.deb11.21` + `amd64`,
 * `6.12.43+deb13` + `cloud-amd64`, `5.15.0-130` + `generic`, `6.6.51+rpt` + `rpi-v8`, `6.10.3-arch1-2` + nothing.
 * Where the flavour is appended, what is before it.
 */
export const kernelRelease = (release: string): KernelRelease => {
  const appended = appendedFlavour.exec(release)
  if (appended !== null) return { version: release.slice(0, appended.index), flavour: appended[1] ?? "" }
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

/** Debug symbols are no kernel. */
const debianKernel = ({ name, version }: InstalledPackage): ReadonlyArray<Kernel> => {
  const release = /-dbg(?:sym)?$/.test(name) ? undefined : kernelPackage.exec(name)?.[1]
  return release === undefined ? [] : [{ release, build: version }]
}

/** What follows the architecture in the release of a Red Hat family's kernel, by the words in its package's name. */
const redHatKernel = /^kernel(?:-(rt|64k|16k|zfcpdump|uek|lt|ml))?(-debug)?(?:-core)?$/

/** `kernel-core 5.14.0-503.el9 x86_64` is the release `5.14.0-503.el9.x86_64`. */
const fedoraKernel = ({ name, version, architecture }: InstalledPackage): ReadonlyArray<Kernel> => {
  const words = redHatKernel.exec(name)
  if (words === null) return []
  const [, variant, debug = ""] = words
  const flavour = variant === undefined || /^(?:uek|lt|ml)$/.test(variant) ? "" : variant
  const suffix = `${flavour}${debug}`.replace(/^-/, "")
  const release = `${version.replace(/^\d+:/, "")}.${architecture}`
  return [{ release: suffix === "" ? release : `${release}+${suffix}` }]
}

/** `kernel-default 6.4.0-150600.23.7.3` is the release `6.4.0-150600.23.7-default`: the last number counts rebuilds. */
const suseKernel = ({ name, version }: InstalledPackage): ReadonlyArray<Kernel> => {
  const flavour = /^kernel-(default|rt|azure|64kb|longterm|vanilla|pae|preempt)$/.exec(name)?.[1]
  return flavour === undefined ? [] : [{ release: `${version.replace(/\.\d+$/, "")}-${flavour}` }]
}

const readers: Readonly<Record<string, (row: InstalledPackage) => ReadonlyArray<Kernel>>> = {
  apt: debianKernel,
  dnf: fedoraKernel,
  zypper: suseKernel,
}

/** The kernels among the installed packages, as far as their package manager keeps several side by side. */
export const installedKernels = (inventory: ReadonlyArray<InstalledPackage>): ReadonlyArray<Kernel> => [
  // A kernel and the package that only stands for it have one release.
  ...new Map(
    inventory
      .flatMap((row) => readers[row.manager]?.(row) ?? [])
      .map((kernel) => [`${kernel.release} ${kernel.build ?? ""}`, kernel] as const),
  ).values(),
]

/**
 * The package version Debian builds into its kernels, from the end of /proc/version:
 * `#1 SMP PREEMPT_DYNAMIC Debian 6.1.115-1 (2024-11-01)`.
 */
export const debianBuild = (version: string): string | undefined =>
  / Debian (\d\S*) \(\d{4}-\d{2}-\d{2}\)\s*$/.exec(version)?.[1]

/**
 * Packages of which several versions are installed side by side, by name: what dnf, yum and zypper treat so by
 * default or by their distributions' configuration. Kernels that are named otherwise say so by what they provide.
 */
const names: ReadonlySet<string> = new Set([
  "kernel",
  "kernel-core",
  "kernel-modules",
  "kernel-modules-core",
  "kernel-modules-extra",
  "kernel-devel",
  "kernel-PAE",
  "kernel-PAE-core",
  "kernel-PAE-devel",
  "kernel-debug",
  "kernel-debug-core",
  "kernel-debug-modules",
  "kernel-debug-modules-core",
  "kernel-debug-devel",
  "kernel-rt",
  "kernel-rt-core",
  "kernel-uek",
  "kernel-uek-core",
  "kernel-uek-devel",
  "kernel-default",
  "kernel-default-base",
  "kernel-default-devel",
  "kernel-azure",
  "kernel-smp",
  "kernel-bigmem",
  "kernel-enterprise",
  "kernel-unsupported",
  "kernel-xen",
])

/** Whether several versions of the package are meant to be installed, as far as its name tells. */
export const isInstallOnlyName = (name: string): boolean => names.has(name)

/** What they provide otherwise, for `rpm --query --whatprovides`: dnf's default `installonlypkgs` and zypp's `multiversion`. */
export const installOnlyProvides = [
  "kernel",
  "installonlypkg(kernel)",
  "installonlypkg(kernel-module)",
  "installonlypkg(vm)",
  "multiversion(kernel)",
] as const

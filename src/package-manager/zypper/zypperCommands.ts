import * as Duration from "effect/Duration"
import type { SubprocessRequest } from "../../host/Subprocess.ts"
import {
  managerApplyTimeout,
  managerLockTimeout,
  managerReadTimeout,
  managerRefreshTimeout,
} from "../../schedules.ts"
import type { Wanted } from "../applyPlan.ts"

/** Where libzypp keeps what zypper alone does not tell. */
export const zypperPaths = {
  /** Downloaded metadata, one folder for each repository. */
  raw: "/var/cache/zypp/raw",
  packages: "/var/cache/zypp/packages",
  repositories: "/etc/zypp/repos.d",
  locks: "/etc/zypp/locks",
  automatic: "/var/lib/zypp/AutoInstalled",
  /** Files with the process id of whoever is at work: zypper and its like, and the rpm of newer ones. */
  running: ["/run/zypp.pid", "/run/zypp-rpm.pid"],
} as const

/** The descriptions of 300 patches, or of 1,500 updates, are half a mebibyte. */
const outputLimitBytes = 16 * 1024 * 1024

const machineReadable = ["--xmlout", "--non-interactive"] as const

/**
 * A question. `--no-refresh` keeps zypper from the network as long as each repository it reads has its index. Without
 * ZYPP_READONLY_HACK, libzypp's own switch for programs that only read, every question of root's would lock out the
 * administrator, and be locked out by whoever installs.
 */
const read = (...args: ReadonlyArray<string>): SubprocessRequest => ({
  program: "zypper",
  args: [...machineReadable, "--no-refresh", ...args],
  timeout: managerReadTimeout,
  outputLimitBytes,
  env: { ZYPP_READONLY_HACK: "1" },
})

/**
 * The repositories to read, by alias; undefined for all that are enabled. zypper downloads the index of a repository
 * that has none, whatever it is told, so those are left out.
 */
export type Scope = ReadonlyArray<string> | undefined

const only = (scope: Scope): ReadonlyArray<string> => scope?.flatMap((alias) => ["--repo", alias]) ?? []

/** Every configured repository, enabled or not: `<repo alias name enabled priority …>`. */
export const repositories = read("repos")

/** The highest version of every installed package for which there is one, installable or not. */
export const allUpdates = (scope: Scope) => read("list-updates", "--all", ...only(scope))

/** What an update of everything would do, except bring in what is merely recommended. */
export const updatePlan = (scope: Scope) => read("update", ...only(scope), "--dry-run", "--no-recommends")

/** The patches (advisories) that this host lacks. */
export const neededPatches = (scope: Scope) => read("list-patches", ...only(scope))

/** Linux takes 128 KiB for one argument and two mebibytes for all; a patch costs zypper four milliseconds. */
const patchesPerQuestion = 500

/** What each of these patches is about, in words. */
export const patchDetails = (
  scope: Scope,
  names: ReadonlyArray<string>,
): ReadonlyArray<SubprocessRequest> => {
  const requests: Array<SubprocessRequest> = []
  for (let at = 0; at < names.length; at += patchesPerQuestion) {
    requests.push(
      read("info", "--type", "patch", ...only(scope), "--", ...names.slice(at, at + patchesPerQuestion)),
    )
  }
  return requests
}

/** What the solver takes for the candidate of each of these packages, in words. */
export const packageDetails = (scope: Scope, names: ReadonlyArray<string>) =>
  read("info", "--type", "package", ...only(scope), "--", ...names)

const search = (scope: Scope, by: ReadonlyArray<string>, names: ReadonlyArray<string>) =>
  read("search", "--details", "--type", "package", ...by, ...only(scope), "--", ...names)

/** Every version of these packages, installed and offered. */
export const versionsOf = (scope: Scope, names: ReadonlyArray<string>) =>
  search(scope, ["--match-exact"], names)

/** The versions of packages that require one of these. */
export const dependentsOf = (scope: Scope, names: ReadonlyArray<string>) =>
  search(scope, ["--requires-pkg"], names)

/** Which packages each of these takes the place of, in words. */
export const obsoletedBy = (scope: Scope, names: ReadonlyArray<string>) =>
  read("info", "--obsoletes", "--type", "package", ...only(scope), "--", ...names)

/** What it would take to satisfy the dependencies of all that is installed, without any repository. */
export const verify: SubprocessRequest = {
  ...read(),
  args: [...machineReadable, "--disable-repositories", "verify", "--dry-run", "--no-recommends"],
}

/** `zypper VERSION` */
export const zypperVersion: SubprocessRequest = { ...read(), args: ["--version"] }

const solving = ({ allowRemovals }: Pick<Wanted, "allowRemovals">): ReadonlyArray<string> => [
  "--no-recommends",
  // Said either way: a zypper.conf could make it remove packages without being asked.
  allowRemovals ? "--force-resolution" : "--no-force-resolution",
]

/**
 * Each at exactly its version. The architecture is named only where the package is installed for several: one that
 * becomes architecture-independent, or ceases to be, is found by its name alone.
 */
const named = ({ targets }: Wanted, severalArchitectures: ReadonlySet<string>): ReadonlyArray<string> =>
  targets.map(({ name, architecture, to }) =>
    severalArchitectures.has(name) ? `${name}.${architecture}=${to}` : `${name}=${to}`,
  )

/** zypper waits by itself for whoever is at work. */
const waits = { ZYPP_LOCK_TIMEOUT: String(Duration.toSeconds(managerLockTimeout)) }

/** What installing exactly these would do. */
export const installPlan = (scope: Scope, wanted: Wanted, severalArchitectures: ReadonlySet<string>) =>
  read(
    "install",
    ...only(scope),
    "--dry-run",
    ...solving(wanted),
    "--",
    ...named(wanted, severalArchitectures),
  )

/** The same as the last look before it is done: only when nobody else is at work any more. */
export const finalInstallPlan = (
  scope: Scope,
  wanted: Wanted,
  severalArchitectures: ReadonlySet<string>,
): SubprocessRequest => ({
  ...installPlan(scope, wanted, severalArchitectures),
  timeout: Duration.sum(managerLockTimeout, managerReadTimeout),
  env: waits,
})

/**
 * Installs exactly these, from the indexes that the plan was made with. All packages are downloaded before the first
 * is installed, so that a server that fails cannot leave half of the work done.
 */
export const install = (
  scope: Scope,
  wanted: Wanted,
  severalArchitectures: ReadonlySet<string>,
): SubprocessRequest => ({
  program: "zypper",
  args: [
    ...machineReadable,
    "--no-refresh",
    "install",
    ...only(scope),
    ...solving(wanted),
    "--download-in-advance",
    "--",
    ...named(wanted, severalArchitectures),
  ],
  timeout: managerApplyTimeout,
  outputLimitBytes,
  env: waits,
})

/** Removes the records of packages that a newer version has replaced, without a look at dependencies. */
export const eraseSuperseded = (packages: ReadonlyArray<string>): SubprocessRequest => ({
  program: "rpm",
  args: ["--erase", "--nodeps", "--", ...packages],
  timeout: managerApplyTimeout,
  outputLimitBytes,
})

const refreshing = (command: string): SubprocessRequest => ({
  program: "zypper",
  // Never with keys imported unseen: who signs a repository is for an administrator to accept.
  args: [...machineReadable, command],
  timeout: managerRefreshTimeout,
  outputLimitBytes,
  env: waits,
})

/** Downloads the index of every enabled repository that has a new one. */
export const refresh = refreshing("refresh")

/** Asks services, such as the registration of SUSE's products, which repositories there are. */
export const refreshServices = refreshing("refresh-services")

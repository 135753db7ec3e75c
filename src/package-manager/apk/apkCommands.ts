import * as Duration from "effect/Duration"
import type { PackageName } from "../../domain/Package.ts"
import type { SubprocessRequest } from "../../host/Subprocess.ts"
import { managerLockTimeout, managerReadTimeout, managerRefreshTimeout } from "../../schedules.ts"

/** Where apk keeps what its commands do not tell. */
export const apkPaths = {
  /** Also on hosts where /lib is /usr/lib: apk 3 has not moved it. */
  installed: "/lib/apk/db/installed",
  lock: "/lib/apk/db/lock",
  /** Package scripts while they run. */
  scripts: "/lib/apk/exec",
  /** apk 3 notes here what it does; apk 2 has no such file. */
  log: "/var/log/apk.log",
  world: "/etc/apk/world",
  architecture: "/etc/apk/arch",
  repositories: "/etc/apk/repositories",
  /** Of files of the same name in both, the first counts. */
  repositoryFolders: ["/etc/apk/repositories.d", "/lib/apk/repositories.d"],
  /** In place of the static one where it exists: then packages are kept there as well as indexes. */
  cache: "/etc/apk/cache",
  staticCache: "/var/cache/apk",
} as const

/** Enough for the list of all packages of a distribution. */
const outputLimitBytes = 16 * 1024 * 1024

const read = (...args: ReadonlyArray<string>): SubprocessRequest => ({
  program: "apk",
  args,
  timeout: managerReadTimeout,
  outputLimitBytes,
})

/** `apk-tools 3.0.6, compiled for x86_64.` */
export const apkVersion = read("--version")

/** `x86_64`, on hosts that do not have it in a file. */
export const apkArchitecture = read("--print-arch")

/** Every newer version of an installed package that its repositories may offer, as text (apk 2). */
export const listUpgradable = read("list", "--upgradable")

const queryFields = "name,version,arch,repositories,file-size,installed-size"

/**
 * The same as JSON (apk 3). Without a pattern the answer is an empty list, and with the field `status` the exit code
 * is 1.
 */
export const queryUpgradable = read(
  "query",
  "--upgradable",
  "--all-matches",
  "--format",
  "json",
  "--fields",
  queryFields,
  "*",
)

/** All versions of these packages as JSON (apk 3). */
export const queryPackages = (names: ReadonlyArray<PackageName>) =>
  read("query", "--all-matches", "--format", "json", "--fields", queryFields, ...names)

/** All versions of these packages, oldest first, with the repositories that offer them and their tags. */
export const policies = (names: ReadonlyArray<PackageName>) => read("policy", ...names)

/** Description and web page of all versions of these packages. */
export const descriptions = (names: ReadonlyArray<PackageName>) =>
  read("info", "--description", "--webpage", ...names)

/**
 * What an upgrade of these packages would do; nothing is locked, downloaded or changed, and root is not needed. Names
 * keep apk from upgrading itself first, in a transaction of its own. The world stays as it is, unlike with `apk add
 * --upgrade`.
 */
export const simulateUpgrade = (names: ReadonlyArray<PackageName>) => read("upgrade", "--simulate", ...names)

/** The same with nothing upgraded: what stands against any upgrade at all. */
export const simulateNothing = read("upgrade", "--simulate", "--ignore", "*")

/** What apk would do to satisfy the world with what is there. It adds nothing to it. */
export const simulateWorld = read("add", "--simulate")

/** Insists on the newest version of everything, so that apk explains what stands in the way of each. */
export const explainLatest = read("upgrade", "--simulate", "--latest", "--no-self-upgrade")

/** What reinstalling these would do. */
export const simulateFix = (names: ReadonlyArray<PackageName>) => read("fix", "--simulate", ...names)

/** The text of an index, with the headers of the tar archive it is in. */
export const unpackIndex = (path: string): SubprocessRequest => ({
  program: "gzip",
  args: ["-dc", path],
  timeout: managerReadTimeout,
  outputLimitBytes: 4 * outputLimitBytes,
})

const lockSeconds = String(Duration.toSeconds(managerLockTimeout))

/**
 * Otherwise apk first downloads indexes older than four hours, and does something else than was planned, or nothing at
 * all when a repository is down. In minutes: ten years.
 */
const withPresentIndexes = ["--cache-max-age", "5256000"] as const

/** Upgrades these packages. apk waits for its lock by itself. */
export const performUpgrade = (names: ReadonlyArray<PackageName>): ReadonlyArray<string> => [
  "upgrade",
  "--wait",
  lockSeconds,
  ...withPresentIndexes,
  ...names,
]

/** Installs these once more, at their present versions. */
export const performFix = (names: ReadonlyArray<PackageName>): ReadonlyArray<string> => [
  "fix",
  "--wait",
  lockSeconds,
  ...withPresentIndexes,
  ...names,
]

/** Without `--update-cache`, `apk update` of 2.14 passes over indexes younger than four hours, with exit code 0. */
export const performUpdate: SubprocessRequest = {
  program: "apk",
  args: ["update", "--update-cache", "--wait", lockSeconds],
  timeout: Duration.sum(managerRefreshTimeout, managerLockTimeout),
  outputLimitBytes,
}

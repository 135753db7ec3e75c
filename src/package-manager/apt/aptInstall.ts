import type { SubprocessRequest } from "../../host/Subprocess.ts"
import { managerApplyTimeout, managerLockTimeout, managerReadTimeout } from "../../schedules.ts"
import * as Duration from "effect/Duration"
import type { Wanted } from "../applyPlan.ts"
import { aptGetOptions, simulate } from "./aptCommands.ts"

/**
 * `install --only-upgrade NAME:ARCH=VERSION …`. The architecture is always named: apt takes `:all` as well, and
 * without it the native one would be meant. Unlike `-t RELEASE` an exact version touches nothing else.
 */
const install = ({ targets, allowRemovals }: Wanted): ReadonlyArray<string> => [
  "--yes",
  ...(allowRemovals ? [] : ["--no-remove"]),
  "--only-upgrade",
  "install",
  "--",
  ...targets.map(({ name, architecture, to }) => `${name}:${architecture}=${to}`),
]

/** dpkg's conffile question cannot be answered without a terminal, so it must not be asked: local changes stay. */
const keepConfiguration = ["--force-confdef", "--force-confold"] as const

/** What the installation would do. */
export const simulateInstall = (wanted: Wanted): SubprocessRequest => simulate(...install(wanted))

/** What it would download, one `'URI' FILE SIZE HASH` line for each archive that is not there yet. */
export const downloads = (wanted: Wanted): SubprocessRequest => ({
  program: "apt-get",
  args: [...aptGetOptions, "-qq", "--print-uris", ...install(wanted)],
  timeout: managerReadTimeout,
})

/** The same for exactly these packages, downloaded or not, with removals allowed. */
export const urisOf = (targets: Wanted["targets"]): SubprocessRequest => {
  const request = downloads({ targets, allowRemovals: true })
  return { ...request, args: ["-o", "Dir::Cache::Archives=/nonexistent/", ...request.args] }
}

/**
 * A run of apt-get that changes the system. apt runs dpkg on a terminal of its own (Use-Pty), so that dpkg outlives
 * an apt that dies, and a daemon that a maintainer script leaves behind does not hold our pipes. Left alone when
 * the time is up: a package manager that is killed leaves the system half-configured.
 */
const perform = (command: ReadonlyArray<string>): SubprocessRequest => ({
  program: "apt-get",
  args: [
    ...aptGetOptions,
    "-o",
    `DPkg::Lock::Timeout=${Duration.toSeconds(managerLockTimeout)}`,
    "-o",
    "Dpkg::Use-Pty=1",
    "-o",
    "APT::Status-Fd=3",
    ...keepConfiguration.flatMap((option) => ["-o", `Dpkg::Options::=${option}`]),
    ...command,
  ],
  timeout: managerApplyTimeout,
})

/** The real installation; `offline` of what is downloaded already, or lies in a repository of this host's own files. */
export const performInstall = (wanted: Wanted, offline: boolean): SubprocessRequest =>
  perform([...(offline ? ["--no-download"] : []), ...install(wanted)])

/** Its downloads alone, into apt's own cache. */
export const performDownload = (wanted: Wanted): SubprocessRequest =>
  perform(["--download-only", ...install(wanted)])

/** Finishes what is unpacked or half-configured, and what an interrupted dpkg left in its journal. */
export const configurePending: SubprocessRequest = {
  program: "dpkg",
  args: [...keepConfiguration, "--status-fd=3", "--configure", "--pending"],
  timeout: managerApplyTimeout,
}

const missingDependencies = ["--yes", "--no-remove", "--fix-broken", "install"] as const

/**
 * Installs packages again whose unpacking was cut off, in the version that the repositories offer now: the one they had
 * is often gone from there. `--fix-broken` downloads them and leaves it at that.
 */
const again = (names: ReadonlyArray<string>): ReadonlyArray<string> => [
  "--yes",
  "--no-remove",
  "--only-upgrade",
  "--reinstall",
  "install",
  "--",
  ...names,
]

export const installAgain = (names: ReadonlyArray<string>, offline: boolean): SubprocessRequest =>
  perform([...(offline ? ["--no-download"] : []), ...again(names)])

export const downloadAgain = (names: ReadonlyArray<string>): SubprocessRequest =>
  perform(["--download-only", ...again(names)])

/** Installs missing dependencies. apt's other means, removing what is broken, is not allowed. */
export const fixBroken = (offline: boolean): SubprocessRequest =>
  perform([...(offline ? ["--no-download"] : []), ...missingDependencies])

export const downloadMissingDependencies: SubprocessRequest = perform([
  "--download-only",
  ...missingDependencies,
])

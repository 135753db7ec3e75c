import { managerReadTimeout } from "../../schedules.ts"
import type { SubprocessRequest } from "../../host/Subprocess.ts"

/** Where apt and dpkg keep what the tools alone do not tell. */
export const aptPaths = {
  status: "/var/lib/dpkg/status",
  formerStatus: "/var/lib/dpkg/status-old",
  journal: "/var/lib/dpkg/updates",
  lists: "/var/lib/apt/lists",
  locks: [
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/lib/apt/lists/lock",
    "/var/cache/apt/archives/lock",
  ],
} as const

const read = (program: string, ...args: ReadonlyArray<string>): SubprocessRequest => ({
  program,
  args,
  timeout: managerReadTimeout,
})

/**
 * What every `apt-get` gets: no colour, no progress in place, no note for the person who simulates. Hooks may print
 * on stdout all the same, so parsers take only lines that look like theirs.
 */
export const aptGetOptions = [
  "-q",
  "-o",
  "APT::Color=0",
  "-o",
  "APT::Get::Show-User-Simulation-Note=0",
] as const

/** An `apt-get` command acted out: nothing is locked, downloaded or changed, and root is not needed. */
export const simulate = (...command: ReadonlyArray<string>): SubprocessRequest =>
  read("apt-get", ...aptGetOptions, "-s", ...command)

/**
 * The archives an upgrade would download, one `'URI' FILE SIZE HASH` line for each package it would install: the
 * same set as its simulation's `Inst` lines, at half the cost, because no step is acted out. Nothing is locked,
 * downloaded or changed. An archive folder that does not exist keeps packages that are already downloaded in the
 * list. `-qq` leaves the lines alone on stdout but makes apt refuse what a person would be asked about, and those
 * two refusals would hide every other update; the permissions have no further meaning, as nothing is installed.
 */
export const upgradeUris = (mode: "upgrade" | "upgrade-with-new" | "dist-upgrade"): SubprocessRequest =>
  read(
    "apt-get",
    ...aptGetOptions,
    "-qq",
    "--print-uris",
    "--allow-downgrades",
    "--allow-remove-essential",
    "-o",
    "Dir::Cache::Archives=/nonexistent/",
    ...(mode === "upgrade-with-new" ? ["upgrade", "--with-new-pkgs"] : [mode]),
  )

/** Every file a refresh would ask for, so every configured source, whether it was ever downloaded or not. */
export const sourceUris = read("apt-get", ...aptGetOptions, "--print-uris", "update")

/** Change time, kind and path of each file. A file that is missing is left out and makes the exit code 1. */
export const changeTimes = (paths: ReadonlyArray<string>): SubprocessRequest =>
  read("stat", "--format", "%Z\t%F\t%n", "--", ...paths)

/** Linux takes 128 KiB of arguments whatever the limits are; the rest is left to the environment. */
const argumentBytes = 100 * 1024

/** Each call of apt-cache opens the package cache anew, so the fewest calls that the argument limit allows. */
const inChunks = (names: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const chunks: Array<Array<string>> = []
  let room = 0
  for (const name of names) {
    const bytes = Buffer.byteLength(name) + 1
    const last = chunks.at(-1)
    if (last === undefined || bytes > room) {
      chunks.push([name])
      room = argumentBytes - bytes
    } else {
      last.push(name)
      room -= bytes
    }
  }
  return chunks
}

/** The version tables of these packages. */
export const policies = (names: ReadonlyArray<string>): ReadonlyArray<SubprocessRequest> =>
  inChunks(names).map((chunk) => read("apt-cache", "policy", "--", ...chunk))

/** The records of the candidates of these packages, as deb822 stanzas. */
export const records = (names: ReadonlyArray<string>): SubprocessRequest =>
  read("apt-cache", "show", "--no-all-versions", "--", ...names)

/** The records of exactly these versions, as deb822 stanzas. */
export const versionRecords = (
  versions: ReadonlyArray<{ readonly name: string; readonly architecture: string; readonly to: string }>,
): SubprocessRequest =>
  read(
    "apt-cache",
    "show",
    "--",
    ...versions.map(({ name, architecture, to }) => `${name}:${architecture}=${to}`),
  )

/** All packages that were installed only because others need them, one a line. */
export const automaticMarks = read("apt-mark", "showauto")

/** What dpkg finds wrong with its database. Exits with 0 in any case: only its output says something. */
export const dpkgAudit = read("dpkg", "--audit")

/** Fails with `E:` lines when dependencies of installed packages are broken. Says nothing about half-configured ones. */
export const dependencyCheck = simulate("check")

/** `apt VERSION (ARCHITECTURE)` on its first line. */
export const aptVersion = read("apt-get", "--version")

export const dpkgQueryVersion = read("dpkg-query", "--version")

/** One row for every package that dpkg keeps a record of, see `parseDpkgRows`. */
export const installedPackages = (format: string): SubprocessRequest =>
  read("dpkg-query", "--show", `--showformat=${format}`)

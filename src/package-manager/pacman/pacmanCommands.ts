import type { SubprocessRequest } from "../../host/Subprocess.ts"
import { managerApplyTimeout, managerReadTimeout, managerRefreshTimeout } from "../../schedules.ts"
import { notRunBy } from "../managerFailure.ts"

/** Where pacman keeps what it knows, and where our own copy of its repositories' databases lies. */
export const pacmanPaths = {
  database: "/var/lib/pacman",
  local: "/var/lib/pacman/local",
  lock: "/var/lib/pacman/db.lck",
  /**
   * What `refresh` downloads. Not below our state directory: that may belong to an ordinary user, and root must not
   * take an upgrade from what he can write. Everything here can be downloaded again.
   */
  copy: "/var/cache/patchctl/pacman",
} as const

export const notRun = notRunBy("pacman")

/** Nothing that is asked of pacman fills this. */
const outputLimitBytes = 16 * 1024 * 1024

/** pacman breaks lists at the terminal's width, which COLUMNS gives without one; 0 means never. */
const unbroken = { COLUMNS: "0" }

const read = (program: string, ...args: ReadonlyArray<string>): SubprocessRequest => ({
  program,
  args,
  timeout: managerReadTimeout,
  outputLimitBytes,
  env: unbroken,
})

/** `-b` names the folder above `local` and `sync`; none is pacman's own. */
const databaseIn = (folder: string): ReadonlyArray<string> => ["--color", "never", "--dbpath", folder]

export const pacmanVersion = read("pacman", "--version")

/** The whole configuration with its includes and defaults, `Key = Value` below `[section]`. */
export const configuration = read("pacman-conf")

/** `NAME OLD -> NEW[ [ignored]]` for each newer version. Exits with 1 when there is none, and when nothing can be read. */
export const upgrades = (folder: string): SubprocessRequest => read("pacman", ...databaseIn(folder), "-Qu")

/**
 * What a full upgrade would install, `REPOSITORY NAME VERSION BYTES` separated by tabs; it takes no lock and needs no
 * root. Conflicts are not looked at (`--print` implies that), and warnings are not printed.
 */
export const printUpgrade = (folder: string): SubprocessRequest =>
  read("pacman", ...databaseIn(folder), "-Sup", "--print-format", "%r\t%n\t%v\t%s")

/** Linux takes 128 KiB of arguments whatever the limits are, and Arch's names have 13 characters on average. */
const namesAtOnce = 3000

/** The records of these packages in every repository, see `parseSyncRecords`. pacman reads names from stdin only with a terminal. */
export const syncRecords = (folder: string, names: ReadonlyArray<string>): ReadonlyArray<SubprocessRequest> =>
  Array.from({ length: Math.ceil(names.length / namesAtOnce) }, (_, chunk) =>
    read(
      "pacman",
      ...databaseIn(folder),
      "-Si",
      "--",
      ...names.slice(chunk * namesAtOnce, (chunk + 1) * namesAtOnce),
    ),
  )

/** The description of every installed package, each below a line with its path: one program for thousands of small files. */
export const localDescriptions = read(
  "find",
  pacmanPaths.local,
  "-mindepth",
  "2",
  "-maxdepth",
  "2",
  "-name",
  "desc",
  "-exec",
  "tail",
  "-v",
  "-n",
  "+1",
  "--",
  "{}",
  "+",
)

/** What pacman finds wrong with its database: one `error:` line each on stderr. */
export const databaseCheck = read("pacman", "--color", "never", "-Dk")

/** Change time, modification time, size and path of each file. A file that is missing is left out and makes the exit code 1. */
export const fileTimes = (paths: ReadonlyArray<string>): SubprocessRequest =>
  read("stat", "--format", "%Z\t%Y\t%s\t%n", "--", ...paths)

/** Downloads the databases of all repositories into a folder that no other pacman looks at. */
export const downloadDatabases = (folder: string): SubprocessRequest => ({
  ...read("pacman", ...databaseIn(folder), "--logfile", "/dev/null", "--noprogressbar", "-Sy"),
  timeout: managerRefreshTimeout,
})

/**
 * The whole upgrade. `--noconfirm` takes the default answers: no to every removal but that of a package which its
 * successor replaces. `--ask 4` turns the answer about conflicting packages into yes. With `--debug` stderr tells, line by
 * line, whose script is at work: see `watchScripts`.
 */
export const performUpgrade = (removesConflicting: boolean): SubprocessRequest => ({
  ...read(
    "pacman",
    "--color",
    "never",
    "--noprogressbar",
    "--noconfirm",
    "--debug",
    ...(removesConflicting ? ["--ask", "4"] : []),
    "-Su",
  ),
  timeout: managerApplyTimeout,
})

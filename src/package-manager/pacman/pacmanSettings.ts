import { outputLines } from "../outputLines.ts"

/** What of pacman.conf(5) matters here, after its includes and defaults. */
export interface Settings {
  readonly databasePath: string
  readonly rootPath: string
  readonly cacheFolder: string
  /** Patterns of `IgnorePkg` and `IgnoreGroup`, as fnmatch(3) reads them. */
  readonly ignoredPackages: ReadonlyArray<string>
  readonly ignoredGroups: ReadonlyArray<string>
  /** In the order that decides between them. */
  readonly repositories: ReadonlyArray<string>
  /** Lines that are neither a setting nor a section. */
  readonly notUnderstood: number
}

const withoutLastSlash = (path: string) => (path.length > 1 ? path.replace(/\/+$/, "") : path)

/** Reads what `pacman-conf` prints. */
export const parseSettings = (stdout: string): Settings => {
  const options = new Map<string, Array<string>>()
  const repositories: Array<string> = []
  let isOption = true
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const section = /^\[(.+)\]$/.exec(line)?.[1]
    const [, key, value = ""] = /^([A-Za-z]+)(?: = (.*))?$/.exec(line) ?? []
    if (section !== undefined) {
      isOption = section === "options"
      if (!isOption) repositories.push(section)
    } else if (key === undefined) notUnderstood += line === "" ? 0 : 1
    else if (isOption) options.set(key, [...(options.get(key) ?? []), value])
  }
  const first = (key: string, otherwise: string) => withoutLastSlash(options.get(key)?.[0] ?? otherwise)
  return {
    databasePath: first("DBPath", "/var/lib/pacman"),
    rootPath: first("RootDir", "/"),
    cacheFolder: first("CacheDir", "/var/cache/pacman/pkg"),
    ignoredPackages: options.get("IgnorePkg") ?? [],
    ignoredGroups: options.get("IgnoreGroup") ?? [],
    repositories,
    notUnderstood,
  }
}

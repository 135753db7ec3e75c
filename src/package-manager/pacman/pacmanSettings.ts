import { outputLines } from "../outputLines.ts"

/** One repository of pacman.conf, in the order that decides between them. */
export interface Repository {
  readonly name: string
  /** Whether upgrades are taken from it: `Usage` may restrict a repository to searches. */
  readonly upgrades: boolean
}

/** What of pacman.conf(5) matters here, after its includes and defaults. */
export interface Settings {
  readonly databasePath: string
  readonly rootPath: string
  readonly cacheFolder: string
  /** Patterns of `IgnorePkg` and `IgnoreGroup`, as fnmatch(3) reads them. */
  readonly ignoredPackages: ReadonlyArray<string>
  readonly ignoredGroups: ReadonlyArray<string>
  readonly repositories: ReadonlyArray<Repository>
  /** Lines that are neither a setting nor a section. */
  readonly notUnderstood: number
}

const withoutLastSlash = (path: string) => (path.length > 1 ? path.replace(/\/+$/, "") : path)

/** Reads what `pacman-conf` prints. */
export const parseSettings = (stdout: string): Settings => {
  const options = new Map<string, Array<string>>()
  const repositories = new Map<string, Array<string>>()
  let usage: Array<string> | undefined
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const section = /^\[(.+)\]$/.exec(line)?.[1]
    const [, key, value = ""] = /^([A-Za-z]+)(?: = (.*))?$/.exec(line) ?? []
    if (section === "options") usage = undefined
    else if (section !== undefined) {
      usage = repositories.get(section) ?? []
      repositories.set(section, usage)
    } else if (key === undefined) notUnderstood += line === "" ? 0 : 1
    else if (usage === undefined) options.set(key, [...(options.get(key) ?? []), value])
    else if (key === "Usage") usage.push(value)
  }
  const first = (key: string, otherwise: string) => withoutLastSlash(options.get(key)?.[0] ?? otherwise)
  return {
    databasePath: first("DBPath", "/var/lib/pacman"),
    rootPath: first("RootDir", "/"),
    cacheFolder: first("CacheDir", "/var/cache/pacman/pkg"),
    ignoredPackages: options.get("IgnorePkg") ?? [],
    ignoredGroups: options.get("IgnoreGroup") ?? [],
    repositories: [...repositories].map(([name, usages]) => ({
      name,
      upgrades: usages.length === 0 || usages.includes("All") || usages.includes("Upgrade"),
    })),
    notUnderstood,
  }
}

import type { SubprocessRequest } from "../../host/Subprocess.ts"
import { managerReadTimeout } from "../../schedules.ts"
import type { DnfDialect } from "./dnfDialect.ts"

/** 16 MiB are all advisories for a host that was not patched for a decade, several times over. */
const outputLimitBytes = 16 * 1024 * 1024

/** Separates fields: neither names, versions and architectures nor ids of repositories hold it. */
export const fieldSeparator = "|"

/**
 * A question to the cached metadata: nothing is downloaded and no lock is waited for. dnf4 and yum would wait without
 * limit; dnf5 has no such option, and is not asked while another program changes packages.
 *
 * A repository without metadata must not cost the answers of all others, so every one may be skipped; `repositories`
 * then tells which were. yum does not tell, and has to fail instead. TZ makes the dates in yum's and dnf4's text UTC.
 */
export const read = (dialect: DnfDialect, ...args: ReadonlyArray<string>): SubprocessRequest => ({
  program: dialect.program,
  args: [
    "--cacheonly",
    ...(dialect.kind === "dnf5" ? [] : ["--setopt=exit_on_lock=True"]),
    `--setopt=*.skip_if_unavailable=${dialect.kind === "yum3" ? "False" : "True"}`,
    ...args,
  ],
  timeout: managerReadTimeout,
  outputLimitBytes,
  env: { TZ: "UTC" },
})

const quietly = (dialect: DnfDialect, ...args: ReadonlyArray<string>): SubprocessRequest =>
  read(dialect, "--quiet", ...args)

/** `none`: as if there were neither `excludepkgs` and `includepkgs` nor version locks, which all hide packages. */
export type Filters = "as configured" | "none"

/** dnf5 takes `disable_excludes=all` too, and then disables nothing. */
const filterOptions = (dialect: DnfDialect, filters: Filters): ReadonlyArray<string> => {
  if (filters === "as configured") return []
  return dialect.kind === "dnf5"
    ? ["--setopt=disable_excludes=*"]
    : ["--disableexcludes=all", "--disableplugin=versionlock"]
}

/** A format of `repoquery`; dnf4 ends each record with a newline by itself. */
const queryFormat = (dialect: DnfDialect, tags: ReadonlyArray<string>): string =>
  `--queryformat=${tags.map((tag) => `%{${tag}}`).join(fieldSeparator)}${dialect.kind === "dnf5" ? "\\n" : ""}`

/** Every enabled repository, with when it was last checked and what of it is hidden. Loads them all. */
export const repositories = (dialect: DnfDialect): SubprocessRequest =>
  dialect.kind === "dnf5"
    ? quietly(dialect, "repo", "info", "--json")
    : // without --quiet: it is a verbose listing that we want
      read(dialect, "repolist", "--verbose")

export const offerTags = ["name", "epoch", "version", "release", "arch", "repoid", "downloadsize"] as const

/**
 * All newer versions, not only the newest. yum has no such query but in a tool of its own: its list has the newest
 * version only, and `--quiet` would leave out the list itself.
 */
export const upgrades = (dialect: DnfDialect, filters: Filters): SubprocessRequest =>
  dialect.kind === "yum3"
    ? read(dialect, ...filterOptions(dialect, filters), "--debuglevel=0", "check-update")
    : quietly(
        dialect,
        ...filterOptions(dialect, filters),
        "repoquery",
        "--upgrades",
        queryFormat(dialect, offerTags),
      )

/** Every package that needs one of these by what they provide. */
export const requirers = (dialect: DnfDialect, names: ReadonlyArray<string>): SubprocessRequest =>
  quietly(dialect, "repoquery", `--whatrequires=${names.join(",")}`, queryFormat(dialect, offerTags))

/** Every version the repositories have of these packages. */
export const offersNamed = (dialect: DnfDialect, names: ReadonlyArray<string>): SubprocessRequest =>
  dialect.kind === "yum3"
    ? read(
        dialect,
        ...filterOptions(dialect, "none"),
        "--debuglevel=0",
        "--showduplicates",
        "list",
        "available",
        ...names,
      )
    : quietly(
        dialect,
        ...filterOptions(dialect, "none"),
        "repoquery",
        "--available",
        queryFormat(dialect, offerTags),
        ...names,
      )

export const detailTags = ["name", "sourcerpm", "group", "installsize", "url", "summary"] as const

/** What the repositories' versions of these packages say about themselves. */
export const details = (dialect: DnfDialect, names: ReadonlyArray<string>): SubprocessRequest =>
  quietly(
    dialect,
    ...filterOptions(dialect, "none"),
    "repoquery",
    "--available",
    queryFormat(dialect, detailTags),
    ...names,
  )

export const reasonTags = ["name", "arch", "reason"] as const

/** Why these packages are installed: `user`, `dependency`, … */
export const installReasons = (dialect: DnfDialect, names: ReadonlyArray<string>): SubprocessRequest =>
  quietly(dialect, "repoquery", "--installed", queryFormat(dialect, reasonTags), ...names)

/** What an upgrade would do, in the table a person is shown. dnf4 leaves it out when it is told to be quiet. */
export const upgradeTable = (dialect: DnfDialect): SubprocessRequest =>
  dialect.kind === "yum3"
    ? read(dialect, "--assumeno", "--skip-broken", "update")
    : read(dialect, "--assumeno", "--setopt=best=False", "upgrade")

/**
 * All advisories for something newer than what is installed: id, type, severity and package. Never with a name and a
 * filter: without a match dnf4 then lists everything. Nor dnf5's `list --json --with-cve`, which gives the type where
 * the severity belongs.
 */
export const advisoryList = (dialect: DnfDialect): SubprocessRequest => {
  const command = dialect.kind === "dnf5" ? ["advisory", "list", "--json"] : ["updateinfo", "list"]
  return quietly(dialect, ...filterOptions(dialect, "none"), ...command)
}

const cveCommands = {
  dnf5: ["advisory", "info", "--json"],
  dnf4: ["updateinfo", "list", "--with-cve"],
  yum3: ["updateinfo", "list", "cves"],
} as const

/** What CVEs these advisories are about. The lists of dnf4 and yum have CVE ids where the advisory's own was. */
export const advisoryCves = (dialect: DnfDialect): SubprocessRequest =>
  quietly(dialect, ...filterOptions(dialect, "none"), ...cveCommands[dialect.kind])

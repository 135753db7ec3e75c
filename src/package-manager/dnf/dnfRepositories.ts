import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { outputLines } from "../outputLines.ts"

/** One enabled repository. */
export interface DnfRepository {
  readonly id: string
  /** Its name for people, which dnf5 uses in messages. */
  readonly name?: string
  /** When its metadata was last found to be current; absent when this host has none. */
  readonly checkedAt?: DateTime.Utc
  /** When that metadata was made. Everything it lists was published before. */
  readonly madeAt?: DateTime.Utc
  /** Whether `includepkgs` takes single packages from it, so that the others are none of this host's. */
  readonly isSelective: boolean
}

export interface Repositories {
  readonly repositories: ReadonlyArray<DnfRepository>
  /** Where dnf4 keeps its metadata; only its own listing tells. */
  readonly cacheFolder?: string
  /** Repositories that dnf passed over because it could not read how they are configured, in its words. */
  readonly complaints: ReadonlyArray<string>
}

/**
 * Made by a plugin out of the packages that dnf downloaded, on no server and with metadata only after it was used:
 * whatever it holds came from another repository.
 */
const isOwn = (id: string): boolean => id === "_dnf_local"

const complaintPatterns: ReadonlyArray<RegExp> = [
  /^Warning: failed loading '.+', skipping\.?$/,
  /^Bad id for repo: /,
  /^Repository '?[^ ]+'?:? Error parsing config/,
]

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** asctime(3) as the C locale writes it, in UTC: `Sun Nov  2 15:46:54 2026`. */
const parseAscTime = (text: string): DateTime.Utc | undefined => {
  const [, name = "", day, time, year] =
    /\b([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})/.exec(text) ?? []
  const month = months.indexOf(name) + 1
  if (day === undefined || month === 0) return undefined
  const two = (number: string | number) => String(number).padStart(2, "0")
  return Option.getOrUndefined(
    Option.map(DateTime.make(`${year}-${two(month)}-${two(day)}T${time}Z`), DateTime.toUtc),
  )
}

/** The fields of one repository, `Repo-id : lab`; what is longer than the line goes on after a colon of its own. */
const recordsOf = (text: string): ReadonlyArray<ReadonlyMap<string, string>> => {
  const records: Array<Map<string, string>> = []
  let field = ""
  for (const line of outputLines(text)) {
    const [, key, value = ""] = /^(Repo-\w+) *: ?(.*)$/.exec(line) ?? []
    if (key === "Repo-id") records.push(new Map())
    const record = records.at(-1)
    if (key !== undefined) record?.set(key, value.trim())
    const more = /^ +: (.*)$/.exec(line)?.[1]
    if (key === undefined && more !== undefined)
      record?.set(field, `${record.get(field) ?? ""} ${more.trim()}`)
    field = key ?? (more === undefined ? "" : field)
  }
  return records
}

/**
 * Reads `repolist --verbose` of dnf4 and yum, which tells what it passed over on stderr or stdout, as it likes. yum
 * writes an id with its variables: `base/7/x86_64`.
 */
export const parseVerboseRepositories = (output: string): Repositories => {
  const loaded = recordsOf(output).flatMap((record): ReadonlyArray<DnfRepository> => {
    const id = record.get("Repo-id")?.split("/")[0] ?? ""
    const checkedAt = parseAscTime(/\(last: (.*)\)/.exec(record.get("Repo-expire") ?? "")?.[1] ?? "")
    const madeAt = parseAscTime(record.get("Repo-updated") ?? "")
    return [
      {
        id,
        ...(checkedAt === undefined ? {} : { checkedAt }),
        ...(madeAt === undefined ? {} : { madeAt }),
        isSelective: record.has("Repo-include"),
      },
    ]
  })
  const ignored = [...output.matchAll(/^Ignoring repositories: (.+)$/gm)].flatMap(([, ids = ""]) =>
    ids.split(",").map((id): DnfRepository => ({ id: id.trim(), isSelective: false })),
  )
  const cacheFolder = /^cachedir: (\/\S+)$/m.exec(output)?.[1]
  const known = new Map([...ignored, ...loaded].map((repository) => [repository.id, repository]))
  return {
    repositories: [...known.values()].filter(({ id }) => id !== "" && !isOwn(id)),
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
    complaints: [...outputLines(output)].filter((line) =>
      complaintPatterns.some((pattern) => pattern.test(line)),
    ),
  }
}

/**
 * The repository without metadata for whose sake yum tells nothing of any: the first one, so that what is asked again
 * after a refresh may name another. Undefined when yum fails for another reason.
 */
export const missingRepository = (stderr: string): string | undefined =>
  /^Caching enabled but no local cache of /m.test(stderr)
    ? /^ +yum-config-manager --disable (\S+)$/m.exec(stderr)?.[1]
    : undefined

const RepositoryInfos = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      id: Schema.String,
      name: Schema.optionalKey(Schema.String),
      is_enabled: Schema.Boolean,
      /** Seconds since 1970; -1 without metadata. */
      timestamp: Schema.Int,
      /** Seconds since 1970; 0 without metadata. */
      max_timestamp: Schema.optionalKey(Schema.Int),
      include_pkgs: Schema.optionalKey(Schema.Array(Schema.String)),
    }),
  ),
)

const decodeInfos = Schema.decodeUnknownOption(RepositoryInfos)

/** Reads dnf5's `repo info --json`. None when it is not that document. */
export const parseRepositoryInfos = (stdout: string): Option.Option<Repositories> =>
  Option.map(decodeInfos(stdout), (infos) => ({
    complaints: [],
    repositories: infos
      .filter(({ id, is_enabled }) => is_enabled && !isOwn(id))
      .map(({ id, name, timestamp, max_timestamp = 0, include_pkgs = [] }): DnfRepository => ({
        id,
        ...(name === undefined ? {} : { name }),
        ...(timestamp < 0 ? {} : { checkedAt: DateTime.makeUnsafe(timestamp * 1000) }),
        ...(max_timestamp <= 0 ? {} : { madeAt: DateTime.makeUnsafe(max_timestamp * 1000) }),
        isSelective: include_pkgs.length > 0,
      })),
  }))

import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PartialReason } from "../../domain/Scan.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { excludesOf, optionValues, parseLockFile, parseLockList, type Hold } from "./dnfHolds.ts"

export interface Holds {
  readonly holds: ReadonlyArray<Hold>
  readonly reasons: ReadonlyArray<PartialReason>
}

const text = (fs: FileSystem.FileSystem, path: string) =>
  Effect.orElseSucceed(fs.readFileString(path), () => "")

const plugins = {
  dnf4: "/etc/dnf/plugins/versionlock",
  yum3: "/etc/yum/pluginconf.d/versionlock",
} as const

/** The plugin does nothing without its own configuration, which also says where its list is. */
const lockList = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, kind: "dnf4" | "yum3") {
  const configuration = yield* text(fs, `${plugins[kind]}.conf`)
  const last = (name: string) => optionValues(configuration, "main", [name]).at(-1)
  if (configuration === "" || /^(?:0|no|false|off)$/i.test(last("enabled") ?? "1")) return []
  return parseLockList(yield* text(fs, last("locklist") ?? `${plugins[kind]}.list`))
})

const lockFile = "/etc/dnf/versionlock.toml"

const dnf5Folders = ["/usr/share/dnf5/libdnf.conf.d", "/etc/dnf/libdnf5.conf.d"]

/** The files of dnf5's configuration that are read before `dnf.conf`. Excludes add up. */
const dropIns = Effect.fnUntraced(function* (fs: FileSystem.FileSystem) {
  const paths = yield* Effect.forEach(dnf5Folders, (folder) =>
    Effect.orElseSucceed(fs.readDirectory(folder), (): Array<string> => []).pipe(
      Effect.map((names) =>
        names.filter((name) => name.endsWith(".conf")).map((name) => `${folder}/${name}`),
      ),
    ),
  )
  return yield* Effect.forEach(paths.flat(), (path) => text(fs, path))
})

/**
 * What the administrator keeps back, read from the files: any user may, and dnf takes longer to say less. Excludes of a
 * single repository are not among them, for another one may offer the package; `collectUpdates` asks dnf what they hide.
 */
export const collectHolds = Effect.fnUntraced(function* (
  { fs }: Pick<DnfReadDependencies, "fs">,
  kind: DnfDialect["kind"],
): Effect.fn.Return<Holds> {
  const configuration = yield* text(fs, kind === "yum3" ? "/etc/yum.conf" : "/etc/dnf/dnf.conf")
  const excludes = excludesOf(configuration)
  if (kind !== "dnf5") return { holds: [...excludes, ...(yield* lockList(fs, kind))], reasons: [] }
  const more = (yield* dropIns(fs)).flatMap(excludesOf)
  const locks = parseLockFile(yield* text(fs, lockFile))
  return {
    holds: [...excludes, ...more, ...Option.getOrElse(locks, () => [])],
    reasons: Option.isSome(locks)
      ? []
      : [
          {
            manager: "dnf",
            code: "collector_failed",
            detail: `version locks are not known: ${lockFile} is not TOML`,
          },
        ],
  }
})

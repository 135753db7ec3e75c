import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type { PlatformError } from "effect/PlatformError"

/** The names of everything a control plane keeps. All but `ca.pem` are readable by its own user only. */
export const files = {
  identity: "control-plane-id",
  database: "control-plane.db",
  caKey: "ca-key.pem",
  caCertificate: "ca.pem",
  serverKey: "server-key.pem",
  serverCertificate: "server.pem",
  /** The first key that signs commands, and those that took its place. */
  commandKey: "command-key.pem",
  commandKeys: "command-keys.json",
  /** Signs vulnerability feeds. */
  feedKey: "feed-key.pem",
  licenseKey: "license-key",
  operatorToken: "operator-token",
  /** Where the running or last run server listens, for the operator's commands. */
  apiUrl: "api-url",
} as const

/** Where `feed build` publishes, and the server serves from. */
const feedsDirectory = "feeds"

/** Where `release` works by default, and the server serves from. */
const releasesDirectory = "releases"

export type FileName = (typeof files)[keyof typeof files]

/** The directory given is not, and must not become, a control plane's. */
export class DataDirectoryRefused extends Schema.TaggedError<DataDirectoryRefused>()("DataDirectoryRefused", {
  path: Schema.String,
}) {
  override get message() {
    return `${this.path} is neither empty nor a control plane's data directory: give another --data`
  }
}

/** Reads and writes the files of one data directory. */
export interface DataDirectory {
  /** The directory itself, absolute. */
  readonly root: string
  readonly path: (name: FileName) => string
  /** The published vulnerability feeds. Not there until there are any. */
  readonly feeds: string
  /** The published releases of the agent. Not there until there are any. */
  readonly releases: string
  readonly read: (name: FileName) => Effect.Effect<Option.Option<string>, PlatformError>
  /** All or nothing, on disk when it returns. */
  readonly write: (name: FileName, content: string) => Effect.Effect<void, PlatformError>
  /** Does nothing where there is no such file. */
  readonly remove: (name: FileName) => Effect.Effect<void, PlatformError>
  /** What the file holds, or else what `make` gives, which is then kept. */
  readonly keep: <E, R>(
    name: FileName,
    make: Effect.Effect<string, E, R>,
  ) => Effect.Effect<string, E | PlatformError, R>
}

/** A first start that was cut short leaves only such files; feeds and releases may be published before it. */
const isOurs = (name: string) =>
  name === feedsDirectory ||
  name === releasesDirectory ||
  Object.values(files).some((ours) => name === ours || name === `${ours}.new`)

/** Opens a data directory; with `create` it is made, mode 700, if it is not there. */
export const openDataDirectory = Effect.fn("openDataDirectory")(function* (
  directory: string,
  options: { readonly create: boolean },
) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const root = paths.resolve(directory)
  const path = (name: FileName) => paths.join(root, name)

  if (options.create) {
    yield* fs.makeDirectory(root, { recursive: true, mode: 0o700 })
    const found = yield* fs.readDirectory(root)
    if (!found.includes(files.identity) && !found.every(isOurs)) {
      return yield* new DataDirectoryRefused({ path: root })
    }
    yield* fs.chmod(root, 0o700)
  }

  const read: DataDirectory["read"] = (name) =>
    fs.readFileString(path(name)).pipe(
      Effect.map((content) => Option.some(content.trim())),
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound",
        () => Effect.succeedNone,
      ),
    )

  const write: DataDirectory["write"] = Effect.fnUntraced(function* (name, content) {
    const fresh = `${path(name)}.new`
    const mode = name === files.caCertificate ? 0o644 : 0o600
    // A file left behind by a crash may be wider, and opening keeps its mode.
    yield* fs.remove(fresh, { force: true })
    const file = yield* fs.open(fresh, { flag: "wx", mode })
    yield* file.writeAll(new TextEncoder().encode(`${content.trimEnd()}\n`))
    yield* file.sync
    yield* fs.rename(fresh, path(name))
  }, Effect.scoped)

  const keep: DataDirectory["keep"] = Effect.fnUntraced(function* (name, make) {
    const kept = yield* read(name)
    if (Option.isSome(kept)) return kept.value
    const made = yield* make
    yield* write(name, made)
    return made.trimEnd()
  })

  const opened: DataDirectory = {
    root,
    path,
    feeds: paths.join(root, feedsDirectory),
    releases: paths.join(root, releasesDirectory),
    read,
    write,
    remove: (name) => fs.remove(path(name), { force: true }),
    keep,
  }
  return opened
})

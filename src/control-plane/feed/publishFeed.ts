import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { createHash, type KeyObject } from "node:crypto"
import { brotliCompress, constants } from "node:zlib"
import { Sha256 } from "../../domain/Identifiers.ts"
import type { FeedHeader } from "../../vulnerability/Feed.ts"
import { feedText } from "../../vulnerability/feedText.ts"
import { feedFiles, Manifest, type ManifestFeed } from "../../vulnerability/Manifest.ts"
import { FeedBuildFailed } from "./FeedBuildFailed.ts"
import type { FeedBody } from "./FeedDraft.ts"
import { publicKeyText, signatureText } from "./feedKey.ts"

const ManifestJson = Schema.fromJsonString(Manifest)
const decodeManifest = Schema.decodeUnknownEffect(ManifestJson)
const encodeManifest = Schema.encodeEffect(ManifestJson)

const toSha256 = Schema.decodeUnknownSync(Sha256)

/** The best: compressed once, in two seconds for 1 MB, and downloaded by every host. */
const quality = constants.BROTLI_MAX_QUALITY

const compress = (text: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.callback((resume) => {
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    }
    brotliCompress(text, { params }, (error, packed) =>
      resume(error === null ? Effect.succeed(packed) : Effect.die(error)),
    )
  })

/** What was published in a directory before; undefined in a new one. */
const previousManifest = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const path = paths.join(directory, feedFiles.manifest)
  const text = yield* fs.readFileString(path).pipe(
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.void,
    ),
  )
  if (text === undefined) return undefined
  return yield* decodeManifest(text).pipe(
    Effect.mapError(
      () =>
        new FeedBuildFailed({
          reason: "failed",
          detail: `${path} is damaged, and agents refuse a serial lower than its own: restore it from a copy`,
        }),
    ),
  )
})

/** All or nothing, on disk when it returns, for everyone to read. */
const writeWhole = Effect.fnUntraced(function* (path: string, content: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const fresh = `${path}.new`
  yield* fs.remove(fresh, { force: true })
  const file = yield* fs.open(fresh, { flag: "wx", mode: 0o644 })
  yield* file.writeAll(content)
  yield* file.sync
  yield* fs.rename(fresh, path)
}, Effect.scoped)

/** The operator may have put the next key beside this one, for a rotation; then the file stays. */
const writePublicKey = Effect.fnUntraced(function* (path: string, key: KeyObject) {
  const fs = yield* FileSystem.FileSystem
  const own = publicKeyText(key)
  const present = (yield* fs.exists(path)) ? yield* fs.readFileString(path) : ""
  if (!present.includes(own.trim())) yield* writeWhole(path, Buffer.from(own))
})

/** Feed files of a release other than the one that the manifest names. */
const removeOthers = Effect.fnUntraced(function* (directory: string, release: string, current: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const names = yield* fs.readDirectory(directory)
  const old = names.filter(
    (name) =>
      name !== current &&
      name.startsWith(`${release}-`) &&
      /^\d+\.feed\.br$/.test(name.slice(release.length + 1)),
  )
  yield* Effect.forEach(old, (name) => fs.remove(paths.join(directory, name)), { discard: true })
})

/** What does not depend on when and where a feed is published. */
export interface Publishable {
  readonly body: FeedBody
  readonly about: Pick<
    FeedHeader,
    "release" | "family" | "key" | "licence" | "source" | "fixedIssuesOnly" | "endOfLife"
  >
}

/** A feed as it was published. */
export interface Published {
  readonly entry: ManifestFeed
  readonly manifest: Manifest
}

/**
 * Writes a feed beside those of other releases, with the next serial, and signs the manifest anew. Whoever reads
 * meanwhile finds whole files: the feed comes first, the manifest last, and the release's older files go after it.
 */
export const publishFeed = Effect.fn("publishFeed")(
  function* (
    directory: string,
    { body, about }: Publishable,
    options: { readonly key: KeyObject; readonly days: number },
  ) {
    const fs = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const { release, licence, source } = about
    yield* fs.makeDirectory(directory, { recursive: true })
    const previous = yield* previousManifest(directory)

    const serial = (previous?.serial ?? 0) + 1
    const generated = DateTime.setPartsUtc(yield* DateTime.now, { millisecond: 0 })
    const expires = DateTime.addDuration(generated, Duration.days(options.days))
    const header: FeedHeader = { ...about, serial, generatedAt: generated, expiresAt: expires }
    const text = Buffer.concat(Array.from(feedText({ header, ...body }), (line) => Buffer.from(line)))
    const packed = yield* compress(text)

    const entry: ManifestFeed = {
      file: `${release}-${serial}.feed.br`,
      sha256: toSha256(createHash("sha256").update(packed).digest("hex")),
      bytes: packed.length,
      rawBytes: text.length,
      rows: body.packages.reduce((rows, item) => rows + item.rows.length, 0),
      licence,
      source,
    }
    const feeds = Object.entries({ ...previous?.feeds, [release]: entry }).toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    )
    const manifest: Manifest = { schema: 1, serial, generated, expires, feeds: Object.fromEntries(feeds) }
    const signed = Buffer.from(yield* Effect.orDie(encodeManifest(manifest)))

    const at = (name: string) => paths.join(directory, name)
    yield* writeWhole(at(entry.file), packed)
    yield* writePublicKey(at(feedFiles.publicKey), options.key)
    yield* writeWhole(at(feedFiles.signature), Buffer.from(`${signatureText(options.key, signed)}\n`))
    yield* writeWhole(at(feedFiles.manifest), signed)
    yield* removeOthers(directory, release, entry.file)
    const published: Published = { entry, manifest }
    return published
  },
  (publishing, directory) =>
    Effect.catchTag(publishing, "PlatformError", ({ reason }) =>
      Effect.fail(
        new FeedBuildFailed({
          reason: "failed",
          detail: `${directory} cannot be written (${reason._tag}): check --out, the permissions and the disk`,
        }),
      ),
    ),
)

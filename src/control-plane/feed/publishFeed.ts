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
import { decodeManifest, feedFiles, Manifest, type ManifestFeed } from "../../vulnerability/Manifest.ts"
import { aloneIn } from "./buildLock.ts"
import { FeedBuildFailed } from "./FeedBuildFailed.ts"
import type { FeedBody } from "./FeedDraft.ts"
import { replacePublication } from "./replacePublication.ts"

const encodeManifest = Schema.encodeEffect(Schema.fromJsonString(Manifest))

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

/** What was published in a directory before, with its bytes; undefined in a new one. */
const previousPublication = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const path = paths.join(directory, feedFiles.manifest)
  const bytes = yield* fs.readFile(path).pipe(
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.void,
    ),
  )
  if (bytes === undefined) return undefined
  const manifest = yield* decodeManifest(Buffer.from(bytes).toString()).pipe(
    Effect.mapError(
      () =>
        new FeedBuildFailed({
          reason: "failed",
          detail: `${path} is damaged, and agents refuse a serial lower than its own: restore it from a copy, or remove it and give --serial`,
        }),
    ),
  )
  return { manifest, bytes }
})

/** One more than the last, or the one ordered if that is more. */
const nextSerial = (last: number, ordered: number | undefined) => {
  const serial = ordered ?? last + 1
  return serial > last
    ? Effect.succeed(serial)
    : new FeedBuildFailed({
        reason: "usage",
        detail: `--serial ${serial} is not above ${last}, the serial of what is published: agents would refuse it`,
      })
}

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
  /** When this feed is old, whatever is published beside it. */
  readonly expires: DateTime.Utc
}

export interface PublishOptions {
  readonly key: KeyObject
  readonly days: number
  /** Above that of what is published; the next where absent. */
  readonly serial?: number
}

const publish = Effect.fnUntraced(function* (
  directory: string,
  { body, about }: Publishable,
  options: PublishOptions,
) {
  const { release, licence, source } = about
  const previous = yield* previousPublication(directory)
  const serial = yield* nextSerial(previous?.manifest.serial ?? 0, options.serial)

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
  const feeds = Object.entries({ ...previous?.manifest.feeds, [release]: entry }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const manifest: Manifest = {
    schema: 1,
    serial,
    generated,
    expires: DateTime.max(previous?.manifest.expires ?? expires, expires),
    feeds: Object.fromEntries(feeds),
  }
  yield* replacePublication(directory, previous?.bytes, {
    release,
    file: entry.file,
    packed,
    manifest: Buffer.from(yield* Effect.orDie(encodeManifest(manifest))),
    key: options.key,
  })
  const published: Published = { entry, manifest, expires }
  return published
})

/**
 * Writes a feed beside those of other releases, with the next serial, and signs the manifest anew. One at a time does so
 * in a directory. The others' data do not become younger by it: each feed's own header says when it is old.
 */
export const publishFeed = Effect.fn("publishFeed")(
  (directory: string, feed: Publishable, options: PublishOptions) =>
    aloneIn(directory, publish(directory, feed, options)),
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

import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { createPublicKey, type KeyObject } from "node:crypto"
import { feedKeysText, readFeedKeys } from "../../vulnerability/feedKeys.ts"
import { signatureOf } from "../../vulnerability/feedSignature.ts"
import { feedFiles } from "../../vulnerability/Manifest.ts"
import { writeWhole } from "../data/writeWhole.ts"
import { FeedBuildFailed } from "./FeedBuildFailed.ts"
import { signatureText } from "./feedKey.ts"

/** Empty where there is no such file. */
const textOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.readFileString(path).pipe(
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound",
        () => Effect.succeed(""),
      ),
    ),
  )

/** What agents are told to trust so far. The operator's own file is not written over because of a mistake in it. */
const presentKeys = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  if (!(yield* fs.exists(path))) return []
  return yield* Effect.mapError(
    readFeedKeys(path),
    ({ message }) =>
      new FeedBuildFailed({ reason: "failed", detail: `${message}, or remove it to have it made anew` }),
  )
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

/** What is to stand in place of what is published. */
export interface NextPublication {
  readonly release: string
  readonly file: string
  readonly packed: Uint8Array
  readonly manifest: Uint8Array
  /** Signs it. */
  readonly key: KeyObject
}

/**
 * Puts the next publication in place of the one before, whose manifest is `previous`. Each file is replaced whole, and
 * renaming the manifest is the moment of change: before and after it the signature file has a line for each manifest and
 * the key file a key for each. So manifest, signature and keys agree wherever this is cut short.
 */
export const replacePublication = Effect.fn("replacePublication")(function* (
  directory: string,
  previous: Uint8Array | undefined,
  { release, file, packed, manifest, key }: NextPublication,
) {
  const paths = yield* Path.Path
  const at = (name: string) => paths.join(directory, name)
  const own = createPublicKey(key)
  const signature = signatureText(key, manifest)
  const trusted = yield* presentKeys(at(feedFiles.publicKey))
  const standing =
    previous === undefined
      ? undefined
      : signatureOf(previous, yield* textOf(at(feedFiles.signature)), [...trusted, own])
  // The operator may have put the next key beside this one, for a rotation; then the file stays.
  const keysStay = trusted.some((present) => present.equals(own))

  yield* writeWhole(at(file), packed)
  if (!keysStay) {
    const both = standing === undefined || standing.key.equals(own) ? [own] : [own, standing.key]
    yield* writeWhole(at(feedFiles.publicKey), feedKeysText(both))
  }
  if (standing !== undefined) {
    const both = `${signature}\n${standing.signature.toString("base64")}\n`
    yield* writeWhole(at(feedFiles.signature), both)
    yield* writeWhole(at(feedFiles.manifest), manifest)
    yield* writeWhole(at(feedFiles.signature), `${signature}\n`)
  } else {
    yield* writeWhole(at(feedFiles.signature), `${signature}\n`)
    yield* writeWhole(at(feedFiles.manifest), manifest)
  }
  if (!keysStay) yield* writeWhole(at(feedFiles.publicKey), feedKeysText([own]))
  yield* removeOthers(directory, release, file)
})

import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { createPrivateKey, type KeyObject, sign } from "node:crypto"
import { type DataDirectory, type DataDirectoryRefused, files } from "../data/DataDirectory.ts"
import { makeEd25519Key } from "../tls/certificates.ts"
import { aloneIn } from "./buildLock.ts"
import { FeedBuildFailed } from "./FeedBuildFailed.ts"
import { unreadable } from "./readInputs.ts"

const parseKey = (path: string, pem: string) => {
  const refused = new FeedBuildFailed({
    reason: "failed",
    detail: `${path} holds no Ed25519 private key in PEM (PKCS#8): make one with openssl genpkey -algorithm ed25519`,
  })
  return Effect.try({ try: () => createPrivateKey(pem), catch: () => refused }).pipe(
    Effect.filterOrFail(
      (key) => key.asymmetricKeyType === "ed25519",
      () => refused,
    ),
  )
}

/** The key that signs feeds: the file given, or else the data directory's own, which is made on first use. */
export const readFeedKey = Effect.fn("readFeedKey")(function* <R>(
  keyFile: Option.Option<string>,
  openData: Effect.Effect<DataDirectory, PlatformError | DataDirectoryRefused, R>,
) {
  if (Option.isSome(keyFile)) {
    const fs = yield* FileSystem.FileSystem
    const pem = yield* fs
      .readFileString(keyFile.value)
      .pipe(Effect.mapError(unreadable("--key", keyFile.value)))
    return yield* parseKey(keyFile.value, pem)
  }
  const data = yield* openData
  const pem = data.keep(files.feedKey, Effect.sync(makeEd25519Key))
  // Two first builds at once must not make a key each.
  return yield* parseKey(data.path(files.feedKey), yield* aloneIn(data.feeds, pem))
})

/** Ed25519 (RFC 8032) over exactly these bytes, in base64. */
export const signatureText = (key: KeyObject, bytes: Uint8Array): string =>
  sign(null, bytes, key).toString("base64")

import { calculateJwkThumbprint } from "jose"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import type { KeyObject } from "node:crypto"
import { PublicKey } from "../protocol/AgentMessages.ts"
import { readFeedKeys } from "../vulnerability/feedKeys.ts"
import { feedFiles, isPublished } from "../vulnerability/Manifest.ts"
import { openPublished, type PublishedFile } from "./publishedFile.ts"

const decodeKey = Schema.decodeUnknownSync(PublicKey)

const toPublicKey = (key: KeyObject) => {
  const jwk = key.export({ format: "jwk" })
  return Effect.map(
    Effect.promise(() => calculateJwkThumbprint(jwk)),
    (kid) => decodeKey({ ...jwk, kid }),
  )
}

/** The vulnerability feeds of this control plane, as `feed build` left them. Looked at anew with each call. */
export class PublishedFeeds extends Context.Service<
  PublishedFeeds,
  {
    /** Who signs them: the present key and perhaps the next; none where nothing is published. */
    readonly keys: Effect.Effect<ReadonlyArray<PublicKey>>
    /** None for a name that no publication has, and for a file that is not there. */
    readonly file: (name: string) => Effect.Effect<Option.Option<PublishedFile>, PlatformError>
  }
>()("patchctl/control-plane/PublishedFeeds") {
  static readonly layer = (directory: string): Layer.Layer<PublishedFeeds, never, FileSystem.FileSystem> =>
    Layer.effect(
      PublishedFeeds,
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const open = yield* openPublished
        const keyFile = `${directory}/${feedFiles.publicKey}`

        const keys = Effect.gen(function* () {
          if (!(yield* files.exists(keyFile))) return []
          return yield* Effect.forEach(yield* readFeedKeys(keyFile), toPublicKey)
        }).pipe(
          Effect.provideService(FileSystem.FileSystem, files),
          // Agents must be able to enrol all the same: commands do not depend on feeds.
          Effect.catch((error) => Effect.as(Effect.logError("feeds.key_unusable", error), [])),
        )

        const file = Effect.fn("PublishedFeeds.file")(function* (name: string) {
          return isPublished(name) ? yield* open(`${directory}/${name}`) : Option.none<PublishedFile>()
        })

        return PublishedFeeds.of({ keys, file })
      }),
    )
}

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { isReleaseMetadata, isReleaseTarget } from "../protocol/releaseFiles.ts"
import { openPublished, type PublishedFile } from "./publishedFile.ts"

type Find = (name: string) => Effect.Effect<Option.Option<PublishedFile>, PlatformError>

/** The releases of the agent, as `release add` left them or a copy of them. Looked at anew with each call. */
export class PublishedReleases extends Context.Service<
  PublishedReleases,
  {
    /** None for a name that no repository has, and for a file that is not there. */
    readonly metadata: Find
    readonly target: Find
  }
>()("patchctl/control-plane/PublishedReleases") {
  static readonly layer = (directory: string): Layer.Layer<PublishedReleases, never, FileSystem.FileSystem> =>
    Layer.effect(
      PublishedReleases,
      Effect.map(openPublished, (open) => {
        const within =
          (folder: string, isOurs: (name: string) => boolean): Find =>
          (name) =>
            isOurs(name) ? open(`${folder}/${name}`) : Effect.succeedNone
        return PublishedReleases.of({
          metadata: within(directory, isReleaseMetadata),
          target: within(`${directory}/targets`, isReleaseTarget),
        })
      }),
    )
}

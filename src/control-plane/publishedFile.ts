import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import type * as Stream from "effect/Stream"

/** A file of a publication, ready to be sent. */
export interface PublishedFile {
  readonly bytes: number
  /** Changes when the file is replaced. */
  readonly etag: string
  readonly content: Stream.Stream<Uint8Array, PlatformError>
}

/** Builds the function that opens a file for sending; none for what is not there or no file. */
export const openPublished = Effect.map(FileSystem.FileSystem, (files) =>
  Effect.fnUntraced(
    function* (path: string) {
      const { type, size, ino, mtime } = yield* files.stat(path)
      if (type !== "File") return Option.none<PublishedFile>()
      const bytes = Number(size)
      const version = [
        Option.getOrElse(ino, () => 0),
        Option.match(mtime, { onNone: () => 0, onSome: (at) => at.getTime() }),
        bytes,
      ]
      return Option.some<PublishedFile>({
        bytes,
        etag: `"${version.map((part) => part.toString(36)).join("-")}"`,
        content: files.stream(path, { bytesToRead: size }),
      })
    },
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.succeedNone,
    ),
  ),
)

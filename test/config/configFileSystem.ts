import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"

export interface StoredFile {
  readonly content: string | Uint8Array
  readonly mode?: number
  readonly owner?: number
  readonly type?: FileSystem.File.Type
}

const none = Option.none()

const notFound = (path: string) =>
  PlatformError.systemError({
    _tag: "NotFound",
    module: "FileSystem",
    method: "open",
    pathOrDescriptor: path,
  })

/** A file system of these files only: owners and modes that an ordinary user could not make for real. */
export const layer = (stored: Readonly<Record<string, StoredFile>>): Layer.Layer<FileSystem.FileSystem> => {
  const find = (path: string) =>
    Effect.fromNullishOr(stored[path]).pipe(Effect.mapError(() => notFound(path)))
  const bytesOf = ({ content }: StoredFile) =>
    typeof content === "string" ? new TextEncoder().encode(content) : content
  const infoOf = (file: StoredFile): FileSystem.File.Info => ({
    type: file.type ?? "File",
    mtime: none,
    atime: none,
    birthtime: none,
    dev: 0n,
    ino: none,
    mode: 0o100000 | (file.mode ?? 0o600),
    nlink: none,
    uid: Option.some(file.owner ?? 0),
    gid: none,
    rdev: none,
    size: ByteSize.bytes(bytesOf(file).length),
    blksize: none,
    blocks: none,
  })
  return FileSystem.layerNoop({
    exists: (path) => Effect.succeed(path in stored),
    stat: (path) => Effect.map(find(path), infoOf),
    open: (path) =>
      Effect.map(find(path), (file) => ({
        [FileSystem.FileTypeId]: FileSystem.FileTypeId,
        stat: Effect.succeed(infoOf(file)),
        readAlloc: () => Effect.succeedSome(bytesOf(file)),
        seek: () => Effect.die("not used"),
        sync: Effect.die("not used"),
        read: () => Effect.die("not used"),
        truncate: () => Effect.die("not used"),
        write: () => Effect.die("not used"),
        writeAll: () => Effect.die("not used"),
      })),
  })
}

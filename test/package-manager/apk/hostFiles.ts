import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"

/** A file with what stat(2) says of it. */
export interface HostFile {
  readonly text: string
  readonly changedAt: number
  /** A file that is replaced gets another one. */
  readonly inode: bigint
}

/** The files of a host that changes while it is looked at. Folders are what lies above files. */
export class HostFiles {
  readonly all = new Map<string, HostFile>()
  /** As `/proc/locks` writes it: `fe:00`. */
  static readonly device = 0xfe00n
  private lastInode = 1000n

  write(path: string, text: string, changedAt: number) {
    this.lastInode += 1n
    this.all.set(path, { text, changedAt, inode: this.lastInode })
  }

  /** Sets the time of a file and leaves it the one it is. */
  touch(path: string, changedAt: number) {
    const file = this.all.get(path)
    if (file !== undefined) this.all.set(path, { ...file, changedAt })
  }

  remove(path: string) {
    this.all.delete(path)
  }

  private childrenOf(folder: string, recursive: boolean) {
    const below = [...this.all.keys()].flatMap((path) =>
      path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : [],
    )
    return [...new Set(recursive ? below : below.map((path) => path.split("/")[0] ?? ""))]
  }

  private readonly lookUp = (method: string, path: string) =>
    Effect.suspend(() => {
      const file = this.all.get(path)
      return file === undefined
        ? Effect.fail(
            PlatformError.systemError({
              _tag: "NotFound",
              module: "FileSystem",
              method,
              pathOrDescriptor: path,
            }),
          )
        : Effect.succeed(file)
    })

  get service(): FileSystem.FileSystem {
    const { lookUp } = this
    return FileSystem.makeNoop({
      exists: (path) => Effect.sync(() => this.all.has(path) || this.childrenOf(path, false).length > 0),
      readFileString: (path) => Effect.map(lookUp("readFile", path), ({ text }) => text),
      stream: (path, options) =>
        Stream.unwrap(
          Effect.map(lookUp("stream", path), ({ text }) => {
            const bytes = new TextEncoder().encode(text)
            const offset = options?.offset
            return Stream.make(bytes.subarray(typeof offset === "number" ? offset : 0))
          }),
        ),
      readDirectory: (path, options) =>
        Effect.suspend(() => {
          const children = this.childrenOf(path, options?.recursive ?? false)
          return children.length > 0
            ? Effect.succeed(children)
            : Effect.map(lookUp("readDirectory", path), (): Array<string> => [])
        }),
      stat: (path) =>
        Effect.map(lookUp("stat", path), ({ text, changedAt, inode }): FileSystem.File.Info => ({
          type: "File",
          mtime: Option.some(new Date(changedAt)),
          atime: Option.none(),
          birthtime: Option.none(),
          dev: HostFiles.device,
          ino: Option.some(inode),
          mode: 0o644,
          nlink: Option.none(),
          uid: Option.none(),
          gid: Option.none(),
          rdev: Option.none(),
          size: ByteSize.bytes(Buffer.byteLength(text)),
          blksize: Option.none(),
          blocks: Option.none(),
        })),
    })
  }
}

import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MountedRootError } from "./MountedRootError.ts"

/** As many as Linux follows, path_resolution(7). */
const mostLinks = 40

const largestChunkBytes = 256 * 1024

/** Files of a mounted root by the paths of the system in it. None is what is not there. */
export interface RootFiles {
  readonly root: string
  /** The bytes of an ordinary file; fails with `too_large` before more than `limitBytes` are read. */
  readonly open: (
    path: string,
    limitBytes: number,
  ) => Effect.Effect<
    Option.Option<Stream.Stream<Uint8Array, MountedRootError>>,
    MountedRootError,
    Scope.Scope
  >
  readonly text: (path: string, limitBytes: number) => Effect.Effect<Option.Option<string>, MountedRootError>
  /** The files of a folder in order of their names, with what they are; links are not followed. */
  readonly entries: (
    path: string,
  ) => Effect.Effect<Option.Option<ReadonlyArray<FileSystem.DirectoryEntry>>, MountedRootError>
  readonly fail: (
    reason: MountedRootError["reason"],
    path: string,
    detail: string,
  ) => Effect.Effect<never, MountedRootError>
}

/** Also a path that goes on below something that is no folder. */
const isMissing = ({ reason }: PlatformError.PlatformError): boolean =>
  reason._tag === "NotFound" || reason._tag === "BadResource"

/**
 * Reads what lies below a folder as the system in it would see it. Every link of a path is resolved here, not by the
 * kernel: an absolute one starts at the root again, and one that climbs above the root is refused. Nothing but ordinary
 * files is opened, for reading a pipe never ends. Whoever changes links while they are resolved can deceive us; the
 * processes of a mounted image do not run.
 *
 * The root itself is taken as it is named: resolving `/proc/1/root` would make it `/`.
 */
export const rootFiles = (fs: FileSystem.FileSystem, root: string): RootFiles => {
  const top = root.replace(/\/+$/, "")

  const fail: RootFiles["fail"] = (reason, path, detail) =>
    Effect.fail(new MountedRootError({ root, path, reason, detail }))

  const orMissing =
    (path: string) =>
    <A, R>(effect: Effect.Effect<A, PlatformError.PlatformError, R>) =>
      effect.pipe(
        Effect.asSome,
        Effect.catchIf(isMissing, () => Effect.succeedNone),
        Effect.mapError(
          (error) => new MountedRootError({ root, path, reason: "unreadable", detail: error.message }),
        ),
      )

  /** Where folders that were listed really are, for the thousands of files below them. */
  const listed = new Map<string, ReadonlyArray<string>>()

  /** Where to begin: at the last folder of the path that was listed, or at the root. */
  const startOf = (path: string) => {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const passed = listed.get(path.slice(0, end))
      if (passed !== undefined) return { passed: [...passed], ahead: path.slice(end).split("/") }
    }
    return { passed: [], ahead: path.split("/") }
  }

  /** The folders and the file that a path really leads to, and what is there. */
  const resolve = Effect.fnUntraced(function* (path: string) {
    const start = startOf(path)
    const passed: Array<string> = start.passed
    let ahead = start.ahead
    let links = 0
    let info = Option.none<FileSystem.File.Info>()
    while (ahead.length > 0) {
      const [name = "", ...rest] = ahead
      ahead = rest
      if (name === "" || name === ".") continue
      info = Option.none()
      if (name === "..") {
        if (passed.pop() === undefined)
          return yield* fail("leads_outside", path, "a link leads out of the root")
        continue
      }
      const next = [top, ...passed, name].join("/")
      const found = yield* orMissing(path)(fs.lstat(next))
      if (Option.isNone(found)) return Option.none()
      if (found.value.type !== "SymbolicLink") {
        passed.push(name)
        info = found
        continue
      }
      links += 1
      if (links > mostLinks) return yield* fail("unreadable", path, "its links lead round in a circle")
      const target = yield* orMissing(path)(fs.readLink(next))
      if (Option.isNone(target)) return Option.none()
      if (target.value.startsWith("/")) passed.length = 0
      ahead = [...target.value.split("/"), ...ahead]
    }
    const resolved = `${top}/${passed.join("/")}`
    const last = Option.isSome(info) ? info : yield* orMissing(path)(fs.lstat(resolved))
    return Option.map(last, ({ type, size }) => ({
      passed,
      resolved,
      type,
      size: ByteSize.toNumberUnsafe(size),
    }))
  })

  const open: RootFiles["open"] = Effect.fnUntraced(function* (path, limitBytes) {
    const found = yield* resolve(path)
    if (Option.isNone(found)) return Option.none()
    const { resolved, type, size } = found.value
    if (type !== "File") return yield* fail("no_file", path, "it is no ordinary file")
    const tooLarge = fail("too_large", path, `it is larger than ${limitBytes} bytes`)
    if (size > limitBytes) return yield* tooLarge
    // Most files are small, and there are thousands: a large buffer for each would be most of the work.
    const chunkBytes = Math.min(Math.max(size + 1, 4096), largestChunkBytes)
    const file = yield* orMissing(path)(fs.open(resolved, { noFollow: true }))
    return Option.map(file, (handle) =>
      Stream.unfold(
        0,
        Effect.fnUntraced(function* (read: number) {
          const chunk = yield* handle
            .readAlloc(chunkBytes)
            .pipe(
              Effect.mapError(
                (error) => new MountedRootError({ root, path, reason: "unreadable", detail: error.message }),
              ),
            )
          if (Option.isNone(chunk)) return undefined
          const total = read + chunk.value.length
          return total > limitBytes ? yield* tooLarge : ([chunk.value, total] as const)
        }),
      ),
    )
  })

  return {
    root,
    open,
    fail,
    text: Effect.fnUntraced(function* (path, limitBytes) {
      const bytes = yield* open(path, limitBytes)
      if (Option.isNone(bytes)) return Option.none()
      return Option.some(yield* bytes.value.pipe(Stream.decodeText(), Stream.mkString))
    }, Effect.scoped),
    entries: Effect.fnUntraced(function* (path) {
      const found = yield* resolve(path)
      if (Option.isNone(found) || found.value.type !== "Directory") return Option.none()
      listed.set(path, found.value.passed)
      const entries = yield* orMissing(path)(fs.readDirectoryEntries(found.value.resolved))
      return Option.map(entries, (all) => all.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    }),
  }
}

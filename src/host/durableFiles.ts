import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"

/** What was renamed, linked or removed in a directory is on disk when this returns. */
export const syncDirectory = Effect.fnUntraced(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  yield* Effect.flatMap(files.open(directory, { flag: "r" }), (open) => open.sync)
}, Effect.scoped)

/** All or nothing, on disk when it returns, for everybody to read. */
export const writeDurably = Effect.fnUntraced(function* (path: string, content: Uint8Array) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const fresh = `${path}.new`
  yield* files.remove(fresh, { force: true })
  const file = yield* files.open(fresh, { flag: "wx", mode: 0o644 })
  yield* file.writeAll(content)
  // A service's umask of 077 would hide it from the users who ask.
  yield* files.chmod(fresh, 0o644)
  yield* file.sync
  yield* files.rename(fresh, path)
  yield* syncDirectory(paths.dirname(path))
}, Effect.scoped)

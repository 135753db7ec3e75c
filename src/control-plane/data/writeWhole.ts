import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"

/** All or nothing, on disk when it returns, for everyone to read. */
export const writeWhole = Effect.fnUntraced(function* (path: string, content: Uint8Array | string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const fresh = `${path}.new`
  yield* fs.remove(fresh, { force: true })
  const file = yield* fs.open(fresh, { flag: "wx", mode: 0o644 })
  yield* file.writeAll(Buffer.from(content))
  yield* file.sync
  yield* fs.rename(fresh, path)
  // The next step counts on this one, also after a power failure.
  yield* Effect.flatMap(fs.open(paths.dirname(path), { flag: "r" }), (directory) => directory.sync)
}, Effect.scoped)

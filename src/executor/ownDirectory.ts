import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { Environment } from "../config/Environment.ts"

/** The executor's directory could be replaced by somebody who is not root, or not be made. */
export class DirectoryUnsafe extends Schema.TaggedError<DirectoryUnsafe>()("DirectoryUnsafe", {
  path: Schema.String,
  reason: Schema.Literals(["unusable", "owner", "mode"]),
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    const what = {
      unusable: "cannot be made or looked at: check the disk and the directory above",
      owner: "belongs to another user, who could bring a ledger and keys of his own: chown it to root",
      mode: "can be written by others, who could bring a ledger and keys of their own: chmod go-w",
    }[this.reason]
    return `${this.path} ${what}`
  }
}

/**
 * Makes the directory of ledger and keys where it is not there yet, mode 755, and refuses one that others than root could
 * put another in place of: by owning it or a directory on the way to it, or by being allowed to write there. Who is not
 * root has no such wall to keep.
 */
export const ownDirectory = Effect.fn("ownDirectory")(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const { userId } = yield* Environment
  const unusable = (cause: unknown) => new DirectoryUnsafe({ path: directory, reason: "unusable", cause })

  if (!(yield* Effect.mapError(files.exists(directory), unusable))) {
    yield* files.makeDirectory(directory, { recursive: true, mode: 0o755 }).pipe(
      // The umask of a service is stricter, and the daemon reads the pinned keys here.
      Effect.andThen(files.chmod(directory, 0o755)),
      Effect.mapError(unusable),
    )
  }
  if (userId !== 0) return

  const upwards = (path: string): ReadonlyArray<string> =>
    path === paths.dirname(path) ? [path] : [path, ...upwards(paths.dirname(path))]
  const real = yield* Effect.mapError(files.realPath(directory), unusable)
  for (const path of new Set([...upwards(directory), ...upwards(real)])) {
    const { uid, mode } = yield* Effect.mapError(files.stat(path), unusable)
    if (Option.getOrElse(uid, () => 0) !== 0) return yield* new DirectoryUnsafe({ path, reason: "owner" })
    // In a sticky directory nobody can replace what is not theirs.
    if ((mode & 0o022) !== 0 && ((mode & 0o1000) === 0 || path === directory)) {
      return yield* new DirectoryUnsafe({ path, reason: "mode" })
    }
  }
})

import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Subprocess, type SubprocessError } from "../host/Subprocess.ts"
import { updateLockTimeout } from "../schedules.ts"
import { filesError, UpdateFilesError } from "./UpdateFilesError.ts"

/** Two at once would be in each other's way; the other one goes on. Exit code: EX_TEMPFAIL of sysexits(3). */
export class UpdaterRunning extends Schema.TaggedError<UpdaterRunning>()("UpdaterRunning", {}) {
  override readonly [Runtime.errorExitCode] = 75
  override get message() {
    return "another update is under way, or the install script is at work: see systemctl status patchctl-update"
  }
}

/** What flock(1) is told to end with when somebody else holds the lock. */
const busyExitCode = 75

/** It waits longer than it takes until the lock of a process that was killed is let go, and becomes tail instead of its parent. */
const flags = ["-w", "3", "-E", String(busyExitCode), "-F"]

/**
 * Holds `path` until the scope ends, by flock(2): install.sh takes the same lock, and shells know no other. Node has no such
 * call, so flock(1) takes it and becomes tail(1), which says what it looks at, by which we know, and ends with this process,
 * however that ends. Nothing is written: a full disk must not keep an update from its end.
 */
export const updateLock = Effect.fn("updateLock")(function* (
  path: string,
): Effect.fn.Return<
  void,
  UpdaterRunning | SubprocessError | UpdateFilesError,
  FileSystem.FileSystem | Scope.Scope | Subprocess
> {
  const files = yield* FileSystem.FileSystem
  const subprocess = yield* Subprocess
  // Whoever could read it could lock it.
  yield* Effect.scoped(files.open(path, { flag: "a", mode: 0o600 })).pipe(
    Effect.andThen(files.chmod(path, 0o600)),
    Effect.mapError(filesError(path)),
  )
  const held = yield* Deferred.make<void, UpdaterRunning | SubprocessError | UpdateFilesError>()
  yield* subprocess
    .run({
      program: "flock",
      args: [...flags, path, "tail", "-v", "-f", "-s", "0.5", `--pid=${process.pid}`, "/dev/null"],
      timeout: updateLockTimeout,
      onLine: () => Effect.asVoid(Deferred.succeed(held, undefined)),
    })
    .pipe(
      Effect.flatMap(({ exitCode, stderr }) =>
        Effect.fail(
          exitCode === busyExitCode
            ? new UpdaterRunning()
            : new UpdateFilesError({ path, reason: "failed", cause: stderr }),
        ),
      ),
      Effect.catch((error) => Deferred.fail(held, error)),
      Effect.forkScoped,
    )
  yield* Deferred.await(held)
})

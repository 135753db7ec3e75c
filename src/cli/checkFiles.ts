import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { Environment } from "../config/Environment.ts"
import { executorDirectory } from "../config/executorDirectory.ts"
import { shellWord } from "../config/shellWord.ts"
import type { SelfCheck } from "../domain/SelfCheck.ts"
import { inspectDatabase } from "../store/inspectDatabase.ts"

/** Whether others could put their own files into a directory the agent trusts. */
const directoryCheck = Effect.fnUntraced(function* (
  directory: string,
  trusted: (owner: number) => boolean,
  creation: string,
): Effect.fn.Return<SelfCheck, never, FileSystem.FileSystem> {
  const files = yield* FileSystem.FileSystem
  const info = yield* Effect.result(files.stat(directory))
  const name = "permissions"
  if (info._tag === "Failure") {
    return info.failure.reason._tag === "NotFound"
      ? {
          name,
          outcome: "warning",
          detail: `${directory} does not exist yet`,
          remedy: `create it: ${creation}`,
        }
      : { name, outcome: "skipped", detail: `${directory} may not be looked at`, remedy: "run this as root" }
  }
  const mode = info.success.mode & 0o1777
  // In a sticky directory nobody can replace what is not theirs.
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
    return {
      name,
      outcome: "failed",
      detail: `${directory} has mode ${mode.toString(8)}: others can replace what is in it`,
      remedy: `run: chmod go-w ${shellWord(directory)}`,
    }
  }
  const owner = Option.getOrElse(info.success.uid, () => 0)
  if (!trusted(owner)) {
    return {
      name,
      outcome: "failed",
      detail: `${directory} belongs to user ${owner}, who can replace what is in it`,
      remedy: `run: chown root:root ${shellWord(directory)}`,
    }
  }
  return { name, outcome: "ok", detail: `${directory} cannot be changed by others` }
})

/** The directories of configuration, state and executor; state belongs to the daemon's own user. */
export const checkPermissions = Effect.fnUntraced(function* (configPath: string, stateDirectory: string) {
  const { userId } = yield* Environment
  const path = yield* Path.Path
  const files = yield* FileSystem.FileSystem
  const configDirectory = path.dirname(configPath)
  const executor = executorDirectory(stateDirectory)
  // Where nothing can be changed, the executor is a part of the daemon and has none.
  const hasExecutor = yield* Effect.orElseSucceed(files.exists(executor), () => false)
  const root = (owner: number) => owner === 0 || owner === userId
  return [
    yield* directoryCheck(configDirectory, root, `install -d -m 755 ${shellWord(configDirectory)}`),
    yield* directoryCheck(stateDirectory, () => true, "systemctl start patchctl"),
    ...(hasExecutor ? [yield* directoryCheck(executor, root, "systemctl start patchctl")] : []),
  ]
})

/** The SQLite files of the state directory, read only. */
export const checkState = Effect.fnUntraced(function* (stateDirectory: string) {
  const files = yield* FileSystem.FileSystem
  const name = "state"
  const listed = yield* Effect.result(files.readDirectory(stateDirectory))
  if (listed._tag === "Failure") {
    const missing = listed.failure.reason._tag === "NotFound"
    const unseen: SelfCheck = {
      name,
      outcome: "skipped",
      detail: `${stateDirectory} ${missing ? "does not exist yet" : "may not be read"}`,
      remedy: missing ? "start the agent: systemctl start patchctl" : "run this as root",
    }
    return [unseen]
  }
  const databases = listed.success.filter((file) => file.endsWith(".sqlite")).toSorted()
  if (databases.length === 0) {
    const none: SelfCheck = {
      name,
      outcome: "skipped",
      detail: `${stateDirectory} holds no state yet`,
      remedy: "start the agent: systemctl start patchctl",
    }
    return [none]
  }
  return yield* Effect.forEach(
    databases,
    Effect.fnUntraced(function* (file): Effect.fn.Return<SelfCheck> {
      const path = `${stateDirectory}/${file}`
      const readable = yield* files.access(path, { readable: true }).pipe(Effect.isSuccess)
      if (!readable) {
        return { name, outcome: "skipped", detail: `${path} may not be read`, remedy: "run this as root" }
      }
      return yield* inspectDatabase(path).pipe(
        Effect.as<SelfCheck>({ name, outcome: "ok", detail: `${path} is sound` }),
        Effect.catch(({ message, reason }) =>
          Effect.succeed<SelfCheck>({
            name,
            outcome: "failed",
            detail: message,
            remedy:
              reason === "damaged"
                ? "move the file away and restart the agent: systemctl restart patchctl"
                : "check the file, its directory and the disk they are on",
          }),
        ),
      )
    }),
  )
})

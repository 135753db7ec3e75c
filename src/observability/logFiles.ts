import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Logger from "effect/Logger"
import * as Ref from "effect/Ref"
import { logFileWindow } from "../schedules.ts"

/** Bytes of `agent.log`; what was written before is `agent.log.1`. The two together are all that is ever kept. */
const largestFile = 4 * 1024 * 1024

/**
 * Writes every line to `agent.log` in a directory too, a second late at most, and keeps the files bounded by itself. Where
 * that fails, stderr has the lines all the same, and says so once.
 */
export const intoFiles = Effect.fnUntraced(function* (
  lines: Logger.Logger<unknown, string>,
  directory: string,
) {
  const files = yield* FileSystem.FileSystem
  const path = `${directory}/agent.log`
  const silent = yield* Ref.make(false)

  const append = Effect.fnUntraced(function* (text: string) {
    const { size } = yield* Effect.orElseSucceed(files.stat(path), () => ({ size: 0n }))
    if (Number(size) + Buffer.byteLength(text) > largestFile) yield* files.rename(path, `${path}.1`)
    yield* files.writeFileString(path, text, { flag: "a", mode: 0o640 })
  })

  return yield* Logger.batched(lines, {
    window: logFileWindow,
    flush: (batch) =>
      append(`${batch.join("\n")}\n`).pipe(
        Effect.andThen(Ref.set(silent, false)),
        Effect.catch((error) =>
          Effect.flatMap(Ref.getAndSet(silent, true), (said) =>
            said
              ? Effect.void
              : Console.error(
                  `the log file cannot be written: ${error.message}; its directory has to belong to the agent's user`,
                ),
          ),
        ),
      ),
  })
})

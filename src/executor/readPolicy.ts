import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import type { Policy } from "../domain/Policy.ts"
import { decodePolicy } from "./decodePolicy.ts"

/** More than any policy has. */
const sizeLimitBytes = 64 * 1024

const noPolicy: Policy = {}

/** Who else could have written the file; a policy that others can widen is none. */
const accessFault = (info: FileSystem.File.Info, userId: number): string | undefined => {
  const owner = Option.getOrElse(info.uid, () => 0)
  if (owner !== 0 && owner !== userId) return `it belongs to user ${owner}; run: chown root:root on it`
  const mode = info.mode & 0o777
  return (mode & 0o022) === 0
    ? undefined
    : `it has mode ${mode.toString(8)}, so others can change it; run: chmod go-w on it`
}

const readText = Effect.fnUntraced(function* (path: string, userId: number) {
  const files = yield* FileSystem.FileSystem
  // Opening a pipe would wait for its writer.
  if ((yield* files.stat(path)).type !== "File") return Result.fail("it is not a regular file")
  const file = yield* files.open(path, { flag: "r" })
  const info = yield* file.stat
  const fault = accessFault(info, userId)
  if (fault !== undefined) return Result.fail(fault)
  if (info.size > sizeLimitBytes) return Result.fail(`it is larger than ${sizeLimitBytes} bytes`)
  const bytes = Option.getOrElse(yield* file.readAlloc(Number(info.size) + 1), () => new Uint8Array())
  return Result.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => "it is not UTF-8 text",
  })
}, Effect.scoped)

/**
 * The policy in `path`; a file that does not exist forbids nothing. One that is there and cannot be read, is not root's
 * (or `userId`'s own), or is not understood to the last key is a failure with the fault in words.
 */
export const readPolicy = Effect.fn("readPolicy")(
  function* (path: string, userId: number) {
    const text = yield* readText(path, userId)
    return Result.mapError(Result.flatMap(text, decodePolicy), (fault) => `${path} cannot be used: ${fault}`)
  },
  (read, path) =>
    Effect.catchTag(read, "PlatformError", ({ reason }: PlatformError.PlatformError) =>
      Effect.succeed<Result.Result<Policy, string>>(
        reason._tag === "NotFound"
          ? Result.succeed(noPolicy)
          : Result.fail(`${path} cannot be read: ${reason._tag}; check its owner and the disk it is on`),
      ),
    ),
)

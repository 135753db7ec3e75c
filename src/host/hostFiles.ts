import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { HostUnreadable } from "./Host.ts"

/** The text of a file that must be there. */
export const readText = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.mapError(fs.readFileString(path), (cause) => new HostUnreadable({ path, cause }))
})

/** What `parse` finds in a file that must be there and make sense. */
export const readParsed = Effect.fnUntraced(function* <A>(
  path: string,
  parse: (text: string) => A | undefined,
) {
  const parsed = parse(yield* readText(path))
  return parsed === undefined ? yield* new HostUnreadable({ path }) : parsed
})

/** The text of a file that may be missing or closed to this user. */
export const readIfPossible = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.orElseSucceed(fs.readFileString(path), () => undefined)
})

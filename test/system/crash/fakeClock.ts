import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"

/** libfaketime, for a program with more than one thread, as Debian has it on this machine. */
export const fakeClockLibrary = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const places = (yield* files.readDirectory("/usr/lib")).map(
    (folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`,
  )
  const [found] = yield* Effect.filter(places, (path) =>
    Effect.orElseSucceed(files.exists(path), () => false),
  )
  return yield* Effect.fromNullishOr(found)
})

/**
 * For a process that is to see the clock jump while it runs: what it takes for the time of day is looked up each time,
 * and the kernel's own seconds since boot, by which it waits, go on.
 */
export const jumpsWhileRunning = { FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" } as const

/** Sets the clock of all who read this file; all at once, as nobody may read half of it. */
export const setFakeClock = Effect.fnUntraced(function* (path: string, offset: string) {
  const files = yield* FileSystem.FileSystem
  yield* files.writeFileString(`${path}.new`, `${offset}\n`)
  yield* files.rename(`${path}.new`, path)
})

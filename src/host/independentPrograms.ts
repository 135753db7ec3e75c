import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"

/** Field 6 of /proc/PID/stat (proc(5)): the process that began this one's session. */
const sessionOf = (stat: string) => stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]

/**
 * Whether a program that `runToFiles` started with this directory still runs, whoever started it: it leads a session, and
 * its stdout is a file there. A daemon that a package script leaves behind has that file open as well, but leads no
 * session, or has closed it.
 */
export const hasIndependentProgram = Effect.fnUntraced(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  // As the kernel names it: the directory may be configured by a link, or with a slash at its end.
  const real = yield* Effect.orElseSucceed(files.realPath(directory), () => directory)
  const names = yield* Effect.orElseSucceed(files.readDirectory("/proc"), () => [])
  for (const pid of names.filter((name) => /^\d+$/.test(name))) {
    const output = yield* Effect.orElseSucceed(files.readLink(`/proc/${pid}/fd/1`), () => "")
    if (!output.startsWith(`${real}/output-`)) continue
    const stat = yield* Effect.orElseSucceed(files.readFileString(`/proc/${pid}/stat`), () => "")
    if (sessionOf(stat) === pid) return true
  }
  return false
})

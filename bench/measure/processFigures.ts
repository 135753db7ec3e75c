import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"

/** /proc does not say what proc(5) describes, or the process is gone. */
export class ProcessUnreadable extends Schema.TaggedError<ProcessUnreadable>()("ProcessUnreadable", {
  path: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    return `${this.path} does not tell what proc(5) describes: the process has ended, or this is not Linux`
  }
}

const read = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  return yield* Effect.mapError(files.readFileString(path), (cause) => new ProcessUnreadable({ path, cause }))
})

/** Memory of a process in kilobytes, as /proc/PID/status has it: now, and at its highest. */
export const memoryOf = Effect.fnUntraced(function* (pid: number | "self") {
  const path = `/proc/${pid}/status`
  const text = yield* read(path)
  const field = (name: string) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m"))?.[1])
  const memory = { residentKilobytes: field("VmRSS"), peakKilobytes: field("VmHWM") }
  if (Number.isNaN(memory.residentKilobytes + memory.peakKilobytes)) {
    return yield* new ProcessUnreadable({ path })
  }
  return memory
})

/** From now on `peakKilobytes` is the highest since now (proc(5), clear_refs). */
export const forgetPeak = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  yield* Effect.mapError(
    files.writeFileString("/proc/self/clear_refs", "5"),
    (cause) => new ProcessUnreadable({ path: "/proc/self/clear_refs", cause }),
  )
})

/** The kernel tells processor time in ticks of 10 ms, whatever its own clock (USER_HZ, time(7)). */
const millisecondsPerTick = 10

/** Processor time in milliseconds: of a process itself, and of its children that have ended and were waited for. */
export const processorTimeOf = Effect.fnUntraced(function* (pid: number | "self") {
  const path = `/proc/${pid}/stat`
  const text = yield* read(path)
  // The command name in field 2 may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  const [user = Number.NaN, system = Number.NaN, childUser = Number.NaN, childSystem = Number.NaN] = fields
    .slice(11, 15)
    .map(Number)
  const time = {
    ownMilliseconds: (user + system) * millisecondsPerTick,
    childrenMilliseconds: (childUser + childSystem) * millisecondsPerTick,
  }
  if (Number.isNaN(time.ownMilliseconds + time.childrenMilliseconds)) {
    return yield* new ProcessUnreadable({ path })
  }
  return time
})

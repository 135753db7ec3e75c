import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { median } from "../measure/statistics.ts"

/** Memory of a process in kilobytes, as /proc/PID/smaps_rollup has it. Private is what would be free without the process. */
export interface Memory {
  readonly residentKilobytes: number
  readonly proportionalKilobytes: number
  readonly privateKilobytes: number
}

const look = Effect.fnUntraced(function* (pid: number) {
  const files = yield* FileSystem.FileSystem
  const text = yield* files.readFileString(`/proc/${pid}/smaps_rollup`)
  const field = (name: string) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m"))?.[1])
  const memory: Memory = {
    residentKilobytes: field("Rss"),
    proportionalKilobytes: field("Pss"),
    // Code that is mapped from a file and not changed can be dropped and read again; what was written cannot.
    privateKilobytes: field("Private_Dirty"),
  }
  return memory
})

/** The median of ten looks within 20 s, after `settle`. Fails when the process is gone by then. */
export const idleMemory = Effect.fn("idleMemory")(function* (pid: number, settleSeconds: number) {
  yield* Effect.sleep(`${settleSeconds} seconds`)
  const looks = yield* Effect.forEach(Array.from({ length: 10 }), () =>
    Effect.andThen(Effect.sleep("2 seconds"), look(pid)),
  )
  const memory: Memory = {
    residentKilobytes: median(looks.map(({ residentKilobytes }) => residentKilobytes)),
    proportionalKilobytes: median(looks.map(({ proportionalKilobytes }) => proportionalKilobytes)),
    privateKilobytes: median(looks.map(({ privateKilobytes }) => privateKilobytes)),
  }
  return memory
})

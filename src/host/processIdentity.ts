import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { readBootId } from "./bootId.ts"

/** Field 22 of /proc/PID/stat; the command name in field 2 may itself hold spaces and parentheses (proc(5)). */
export const startTicksOf = (stat: string): Option.Option<string> =>
  Option.fromNullishOr(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19])

/**
 * One process beyond its pid, which is reused: `BOOT-ID:PID:START-TICKS`. None when no such process lives, so
 * an identity that was written down earlier tells whether that very process is still there.
 */
export const processIdentity = Effect.fnUntraced(function* (pid: number) {
  const files = yield* FileSystem.FileSystem
  return yield* Effect.gen(function* () {
    const boot = yield* readBootId
    const stat = yield* files.readFileString(`/proc/${pid}/stat`)
    return Option.map(startTicksOf(stat), (ticks) => `${boot}:${pid}:${ticks}`)
  }).pipe(Effect.orElseSucceed(() => Option.none<string>()))
})

/** Whether a process of this very boot still lives. Two services of one container may disagree on the id of the boot. */
export const livesInThisBoot = Effect.fnUntraced(function* (identity: string) {
  const files = yield* FileSystem.FileSystem
  const [, pid = "", ticks] = identity.split(":")
  return yield* files.readFileString(`/proc/${pid}/stat`).pipe(
    Effect.map((stat) => Option.exists(startTicksOf(stat), (now) => now === ticks)),
    Effect.orElseSucceed(() => false),
  )
})

/** Whether the process that wrote down this identity still lives. */
export const isAlive = (identity: string) =>
  Effect.map(processIdentity(Number(identity.split(":")[1])), (now) =>
    Option.exists(now, (current) => current === identity),
  )

import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { RestartNeeded } from "../domain/Host.ts"
import { runsReplacedCode, unitOf } from "./replacedCode.ts"

type Program = "current" | "unreadable" | { readonly unit: string | undefined }

/**
 * Looks through /proc. Programs of containers are left out: their code is not this host's, nor are their units. Whether
 * maps may be read is the kernel's to say, ptrace(2); `hidepid` hides whole programs, and the first one shows it.
 */
export const collectRestartNeeded = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const link = (path: string) => Effect.orElseSucceed(fs.readLink(path), () => undefined)
  const self = yield* link("/proc/self")
  const namespace = yield* link("/proc/self/ns/pid")

  const examine = Effect.fnUntraced(function* (pid: string): Effect.fn.Return<Program> {
    const maps = yield* fs.readFileString(`/proc/${pid}/maps`).pipe(
      Effect.asSome,
      // One that is not there has ended meanwhile.
      Effect.catch(({ reason }) =>
        Effect.succeed(reason._tag === "PermissionDenied" ? Option.none<string>() : Option.some("")),
      ),
    )
    if (Option.isNone(maps)) return "unreadable"
    if (!runsReplacedCode(maps.value)) return "current"
    if ((yield* link(`/proc/${pid}/ns/pid`)) !== namespace) return "current"
    const cgroup = yield* Effect.orElseSucceed(fs.readFileString(`/proc/${pid}/cgroup`), () => "")
    return { unit: unitOf(cgroup) }
  })

  const entries = yield* Effect.orElseSucceed(fs.readDirectory("/proc"), (): Array<string> => [])
  const pids = entries.filter((entry) => /^\d+$/.test(entry) && entry !== self)
  const programs = yield* Effect.forEach(pids, examine)
  const old = programs.filter((program) => typeof program === "object")
  const units = [...new Set(old.flatMap(({ unit }) => unit ?? []))].toSorted()
  const isBlind = !entries.includes("1") || programs.includes("unreadable")
  const needed: RestartNeeded = {
    required: old.length > 0 ? "yes" : isBlind ? "unknown" : "no",
    units,
    programsWithoutUnit: old.filter(({ unit }) => unit === undefined).length,
  }
  return needed
})

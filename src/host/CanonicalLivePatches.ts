import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { livePatchTimeout } from "../schedules.ts"
import { LivePatches } from "./LivePatches.ts"
import { Subprocess, type SubprocessRequest } from "./Subprocess.ts"

/** Canonical ships the client as a snap only. */
const program = "/snap/bin/canonical-livepatch"

const status: SubprocessRequest = {
  program,
  args: ["status", "--verbose", "--format", "json"],
  timeout: livePatchTimeout,
  outputLimitBytes: 4 * 1024 * 1024,
}

/**
 * The part of the answer that counts, as Canonical's own Ubuntu Pro client reads it. The machine's token is in the rest,
 * which is dropped here and must never be logged.
 */
const LivepatchStatus = Schema.fromJsonString(
  Schema.Struct({
    Status: Schema.Array(
      Schema.Struct({
        /** `6.8.0-45.45-generic`. */
        Kernel: Schema.String,
        Running: Schema.Boolean,
        Livepatch: Schema.Struct({
          State: Schema.String,
          Fixes: Schema.optionalKey(
            Schema.Array(Schema.Struct({ Name: Schema.String, Patched: Schema.Boolean })),
          ),
        }),
      }),
    ),
  }),
)

const decode = Schema.decodeUnknownOption(LivepatchStatus)

/** `6.8.0-45-generic` of `6.8.0-45.45~22.04.1-generic`: `uname -r` leaves out which upload of the kernel it is. */
const releaseOf = (kernel: string): string => kernel.replace(/^(\d+(?:\.\d+)*-\d+)\.[^-]*-/, "$1-")

/** The CVEs that the client says are patched in the kernel that runs; none where it says anything else. */
export const patchedCves = (answer: string, kernelRelease: string): ReadonlySet<string> => {
  const { Status: kernels } = Option.getOrElse(decode(answer), () => ({ Status: [] }))
  const applied = kernels.filter(
    ({ Kernel, Running, Livepatch }) =>
      Running && Livepatch.State === "applied" && releaseOf(Kernel) === kernelRelease,
  )
  return new Set(
    applied.flatMap(({ Livepatch: { Fixes = [] } }) =>
      Fixes.flatMap(({ Name, Patched }) => (Patched ? [Name.toUpperCase()] : [])),
    ),
  )
}

const nothing: ReadonlySet<string> = new Set()

/**
 * Canonical's Livepatch on Ubuntu. The tools of the other vendors, `klp` and `kpatch`, do not name CVEs. Starts a program
 * only where it is installed.
 */
export const layer = Layer.effect(
  LivePatches,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const subprocess = yield* Subprocess
    return LivePatches.of({
      cves: Effect.fn("LivePatches.cves")(
        function* (kernelRelease: string) {
          if (!(yield* fs.exists(program))) return nothing
          const { exitCode, stdout, truncated } = yield* subprocess.run(status)
          return exitCode === 0 && !truncated ? patchedCves(stdout, kernelRelease) : nothing
        },
        Effect.orElseSucceed(() => nothing),
      ),
    })
  }),
)

import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import { isAlive, processIdentity } from "../host/processIdentity.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { Reported, type statusExitCodes } from "./exitCodes.ts"
import { judgeStatus, StatusReport, type Verdict } from "./judgeStatus.ts"
import { lastUpdate } from "./lastUpdate.ts"
import { paint } from "./plainText.ts"
import { printDocument } from "./printDocument.ts"
import { statusText } from "./statusText.ts"

const exitCodeOf: Record<Verdict, keyof typeof statusExitCodes> = {
  healthy: 0,
  degraded: 1,
  not_running: 3,
  unknown: 4,
}

/** A process of another user is out of sight where /proc is mounted with hidepid=; init then is too. */
const processState = Effect.fnUntraced(function* (identity: string) {
  if (yield* isAlive(identity)) return "alive"
  return Option.isSome(yield* processIdentity(1)) ? "gone" : "hidden"
})

const report = Effect.gen(function* () {
  const statusFile = yield* StatusFile
  const now = yield* DateTime.now
  return yield* statusFile.read.pipe(
    Effect.flatMap((status) =>
      Effect.map(processState(status.processIdentity), (process) => judgeStatus(status, process, now)),
    ),
    Effect.catchTag("StatusFileError", (error) =>
      Effect.succeed<StatusReport>({
        verdict: "unknown",
        findings: [
          { detail: error.message, remedy: "see whether the agent runs: systemctl status patchctl" },
        ],
      }),
    ),
  )
})

const printReport = printDocument(StatusReport)

/** Prints how the daemon is; any verdict but `healthy` is an exit code. */
export const showStatus = Effect.fn("status")(function* ({ json }: { readonly json: boolean }) {
  const update = yield* lastUpdate
  const found: StatusReport = { ...(yield* report), ...(update !== undefined && { update }) }
  if (json) {
    yield* printReport(found)
  } else {
    const { canColor } = yield* TerminalCapabilities
    yield* Console.log(statusText(found, yield* DateTime.now, paint(canColor)))
  }
  const exitCode = exitCodeOf[found.verdict]
  if (exitCode !== 0) return yield* new Reported({ exitCode })
})

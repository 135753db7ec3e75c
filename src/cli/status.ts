import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import { defaultStateDirectory } from "../config/AgentConfig.ts"
import { isAlive, processIdentity } from "../host/processIdentity.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { exitCodesText, Reported, statusExitCodes, usageCodes } from "./exitCodes.ts"
import { judgeStatus, StatusReport, type Verdict } from "./judgeStatus.ts"
import { paint } from "./plainText.ts"
import { printDocument } from "./printDocument.ts"
import { stateDirectory } from "./stateDirectory.ts"
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

/** `patchctl status`: how the daemon is, from its own last word and the process table. */
export const status = Command.make(
  "status",
  {
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
    stateDirectory: Flag.String("state-directory").pipe(
      Flag.withMetavar("PATH"),
      Flag.withDescription(
        `Where the agent keeps its state; default: as configured, else ${defaultStateDirectory}`,
      ),
      Flag.optional,
    ),
  },
  Effect.fn("status")(function* ({ json }) {
    const found = yield* report
    if (json) {
      yield* printReport(found)
    } else {
      const { canColor } = yield* TerminalCapabilities
      yield* Console.log(statusText(found, yield* DateTime.now, paint(canColor)))
    }
    const exitCode = exitCodeOf[found.verdict]
    if (exitCode !== 0) return yield* new Reported({ exitCode })
  }),
).pipe(
  Command.provide((input) =>
    Layer.unwrap(Effect.map(stateDirectory(input.stateDirectory), StatusFile.layer)),
  ),
  Command.withShortDescription("How the agent is doing"),
  Command.withDescription(
    `Shows how the agent on this host is doing: process, heartbeat, clock, last scan, running command, reboot. Any user may ask.\n\n${exitCodesText(statusExitCodes, usageCodes)}`,
  ),
)

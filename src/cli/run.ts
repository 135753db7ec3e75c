import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { agentVersion } from "../agentVersion.ts"
import { ExecutorWay } from "../command/ExecutorWay.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import { ServiceManager } from "../host/ServiceManager.ts"
import { isAlive } from "../host/processIdentity.ts"
import { exitCodesText } from "./exitCodes.ts"
import { lockFile } from "../store/Database.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { Supervisor } from "../Supervisor.ts"

/** Two daemons with one identity would look like a clone of each other. */
export class AlreadyRunning extends Schema.TaggedError<AlreadyRunning>()("AlreadyRunning", {
  /** As the one that runs has last said; unknown when it has just started. */
  pid: Schema.optionalKey(Schema.Int),
  stateDirectory: Schema.String,
}) {
  override get message() {
    const which = this.pid === undefined ? "" : ` (pid ${this.pid})`
    return `an agent with the state directory ${this.stateDirectory} runs already${which}: stop it first, or give this one another state_directory`
  }
}

/** Holds the state directory as long as the daemon lives, however it ends, and fails while another one does. */
export const onlyDaemon = Layer.effectDiscard(
  Effect.gen(function* () {
    const statusFile = yield* StatusFile
    const { state_directory: stateDirectory } = yield* AgentConfig
    yield* lockFile(`${stateDirectory}/agent.lock`).pipe(
      Effect.catchIf(
        ({ reason }) => reason === "busy",
        Effect.fnUntraced(function* () {
          const last = yield* Effect.option(statusFile.read)
          const lives = Option.isSome(last) && (yield* isAlive(last.value.processIdentity))
          return yield* new AlreadyRunning({ stateDirectory, ...(lives && { pid: last.value.pid }) })
        }),
      ),
    )
  }),
)

/** `patchctl-agent run`: the daemon. Its loops are layers; this joins them. */
export const run = Command.make(
  "run",
  {},
  Effect.fn("run")(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    const { kind: executor } = yield* ExecutorWay
    yield* Effect.logInfo("agent.started").pipe(
      Effect.annotateLogs({ version: agentVersion, api: config.api_url, config: config.path, executor }),
    )
    yield* Effect.flatMap(ServiceManager, ({ ready }) => ready)
    return yield* supervisor.join
  }),
).pipe(
  Command.withShortDescription("Run the agent (what the service starts)"),
  Command.withDescription(
    `Enrols, beats, scans and carries commands until it is stopped.\n\n${exitCodesText({ 0: "stopped by a signal", 1: "failed; the log says why" })}`,
  ),
)

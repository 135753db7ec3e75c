import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { agentVersion } from "../agentVersion.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import { isAlive } from "../host/processIdentity.ts"
import { exitCodesText } from "./exitCodes.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { Supervisor } from "../Supervisor.ts"

/** Two daemons with one identity would look like a clone of each other. */
export class AlreadyRunning extends Schema.TaggedError<AlreadyRunning>()("AlreadyRunning", {
  pid: Schema.Int,
  stateDirectory: Schema.String,
}) {
  override get message() {
    return `an agent with the state directory ${this.stateDirectory} runs already (pid ${this.pid}): stop it first, or give this one another state_directory`
  }
}

/** Fails when the process that last wrote the status file is another one and still lives. */
export const refuseSecond = Effect.gen(function* () {
  const statusFile = yield* StatusFile
  const config = yield* AgentConfig
  const last = yield* Effect.option(statusFile.read)
  if (Option.isSome(last) && last.value.pid !== process.pid && (yield* isAlive(last.value.processIdentity))) {
    return yield* new AlreadyRunning({ pid: last.value.pid, stateDirectory: config.state_directory })
  }
})

/** `patchctl-agent run`: the daemon. Its loops are layers; this joins them. */
export const run = Command.make(
  "run",
  {},
  Effect.fn("run")(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    yield* Effect.logInfo("agent.started").pipe(
      Effect.annotateLogs({ version: agentVersion, api: config.api_url, config: config.path }),
    )
    return yield* supervisor.join
  }),
).pipe(
  Command.withShortDescription("Run the agent (what the service starts)"),
  Command.withDescription(
    `Enrols, beats, scans and carries commands until it is stopped.\n\n${exitCodesText({ 0: "stopped by a signal", 1: "failed; the log says why" })}`,
  ),
)

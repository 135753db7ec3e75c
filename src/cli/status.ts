import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { defaultStateDirectory } from "../config/AgentConfig.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { exitCodesText, statusExitCodes, usageCodes } from "./exitCodes.ts"
import { showStatus } from "./showStatus.ts"
import { stateDirectory } from "./stateDirectory.ts"

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
  showStatus,
).pipe(
  Command.provide((input) =>
    Layer.unwrap(Effect.map(stateDirectory(input.stateDirectory), StatusFile.layer)),
  ),
  Command.withShortDescription("How the agent is doing"),
  Command.withDescription(
    `Shows how the agent on this host is doing: process, heartbeat, clock, last scan, running command, reboot. Any user may ask.\n\n${exitCodesText(statusExitCodes, usageCodes)}`,
  ),
)

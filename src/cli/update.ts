import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { UpdateOutcome } from "../domain/UpdateAttempt.ts"
import * as HostServiceControl from "../self-update/hostServiceControl.ts"
import { healthWindow } from "../schedules.ts"
import { updateAgent } from "../self-update/updateAgent.ts"
import { exitCodesText, Reported, updateExitCodes } from "./exitCodes.ts"

/** Nothing is wrong. */
const good: ReadonlyArray<UpdateOutcome> = ["up_to_date", "updated", "off", "not_ours"]

/** The next attempt will do. EX_TEMPFAIL of sysexits(3). */
const passing: ReadonlyArray<UpdateOutcome> = ["command_running", "unreachable"]

const restartProgram = Flag.String("restart-program").pipe(
  Flag.withMetavar("PATH"),
  Flag.withDescription("Program that restarts the agent; default: systemd or OpenRC, whichever runs"),
  Flag.withSchema(Schema.String.check(Schema.isPattern(/^\/[^\0]+$/, { expected: "an absolute path" }))),
  Flag.optional,
)

/** `patchctl-agent update`: one attempt, started by a timer. */
export const update = Command.make(
  "update",
  {
    restartProgram,
    healthSeconds: Flag.Int("health-seconds").pipe(
      Flag.withMetavar("SECONDS"),
      Flag.withDescription("Time that a new version has for its first heartbeat, 1 to 3600"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 }))),
      Flag.withDefault(Duration.toSeconds(healthWindow)),
    ),
  },
  Effect.fn("update")(function* ({ healthSeconds }) {
    const { outcome, detail } = yield* updateAgent(Duration.seconds(healthSeconds))
    const log = good.includes(outcome)
      ? Effect.logInfo
      : passing.includes(outcome)
        ? Effect.logWarning
        : Effect.logError
    yield* log("update.finished").pipe(Effect.annotateLogs({ outcome, detail }))
    if (passing.includes(outcome)) return yield* new Reported({ exitCode: 75 })
    if (!good.includes(outcome)) return yield* new Reported({ exitCode: 1 })
  }),
).pipe(
  Command.provide((input) => HostServiceControl.layer(input.restartProgram)),
  Command.withShortDescription("Bring this agent up to date (started by a timer)"),
  Command.withDescription(
    `Looks for a newer signed release, tries it, puts it to use and waits for its first heartbeat; without one the version before comes back. Ends an update that was interrupted. One attempt; what came of it is in the log and in patchctl status.\n\n${exitCodesText(updateExitCodes)}`,
  ),
)

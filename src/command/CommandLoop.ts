import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Round, Supervisor } from "../Supervisor.ts"
import { Outbox } from "../store/Outbox.ts"
import { claimedId, CommandInbox } from "./CommandInbox.ts"
import { ExecutorClient } from "./ExecutorClient.ts"

/**
 * Carries one command at a time to the executor and its result to the outbox, then asks for an early beat. The server
 * repeats a command until its result has come: one whose result is on its way is not carried again.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const inbox = yield* CommandInbox
    const executor = yield* ExecutorClient
    const outbox = yield* Outbox

    const carry = Effect.fn("CommandLoop.carry")(
      function* (envelope: string, report: (step: string) => Effect.Effect<void>) {
        const done: Round = { next: Duration.zero }
        const claimed = claimedId(envelope)
        if (Option.isSome(claimed) && (yield* outbox.has(claimed.value))) return done
        yield* supervisor.wake("status")
        const result = yield* executor.execute(envelope, report)
        yield* outbox.add(result)
        yield* Effect.logInfo("command.finished").pipe(
          Effect.annotateLogs({ id: result.commandId, command: result.command, status: result.status }),
        )
        yield* supervisor.wake("heartbeat")
        return done
      },
      Effect.catch((error) =>
        Effect.as(Effect.logError("command.not_executed", error), {
          next: Duration.seconds(10),
          failure: error.message,
        }),
      ),
    )

    yield* supervisor.start("command", inbox.next(carry))
  }),
)

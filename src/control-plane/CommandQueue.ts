import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { Command } from "../domain/Command.ts"
import { type AgentId, CommandId } from "../domain/Identifiers.ts"
import { envelopeLimitBytes } from "../protocol/CommandEnvelope.ts"
import type { CommandOrder, CommandRecord } from "../protocol/OperatorApi.ts"
import { signatureSkewSeconds } from "../protocol/requestSignature.ts"
import { CommandSigner } from "./CommandSigner.ts"
import { Commands } from "./persistence/Commands.ts"
import type { PersistenceError } from "./persistence/PersistenceError.ts"

/** How long a command waits for its agent when the order does not say. */
export const defaultValidSeconds = 86_400

/** The signed command would be larger than any agent reads. */
export class CommandTooLarge extends Schema.TaggedError<CommandTooLarge>()("CommandTooLarge", {
  bytes: Schema.Int,
}) {
  override get message() {
    return `the signed command would have ${this.bytes} bytes, agents read ${envelopeLimitBytes}: name fewer packages`
  }
}

const encodeCommand = Schema.encodeSync(Command)

/** Turns orders into signed commands. */
export class CommandQueue extends Context.Service<
  CommandQueue,
  {
    readonly queue: (
      agentId: AgentId,
      order: CommandOrder,
      queuedBy: string,
    ) => Effect.Effect<CommandRecord, CommandTooLarge | PersistenceError>
  }
>()("patchctl/control-plane/CommandQueue") {
  static readonly layer = Layer.effect(
    CommandQueue,
    Effect.gen(function* () {
      const commands = yield* Commands
      const signer = yield* CommandSigner
      const random = yield* SecureRandom.SecureRandom
      const oneAtATime = yield* Semaphore.make(1)

      const queue = Effect.fn("CommandQueue.queue")(
        function* (agentId: AgentId, order: CommandOrder, queuedBy: string) {
          const queuedAt = yield* DateTime.now
          const expiresAt = DateTime.add(queuedAt, { seconds: order.valid_seconds ?? defaultValidSeconds })
          const commandId = CommandId.make(`cmd_${yield* random.uuidV4()}`)
          const seq = yield* commands.reserveSeq(agentId)
          const issued = Math.floor(DateTime.toEpochMillis(queuedAt) / 1000)
          const envelope = yield* signer.sign({
            jti: commandId,
            iss: signer.issuer,
            aud: agentId,
            iat: issued,
            // A refusal is final, so a clock that is a little slow must not lead to `not_yet_valid`. An agent whose
            // clock is off by more than this cannot sign a request either.
            nbf: issued - signatureSkewSeconds,
            exp: Math.floor(DateTime.toEpochMillis(expiresAt) / 1000),
            seq,
            command: encodeCommand(order.command),
          })
          if (envelope.length > envelopeLimitBytes)
            return yield* new CommandTooLarge({ bytes: envelope.length })
          const command = {
            commandId,
            agentId,
            command: order.command.name,
            seq,
            queuedAt,
            expiresAt,
            queuedBy,
          }
          yield* commands.add({ ...command, envelope })
          yield* Effect.logInfo("command.queued").pipe(
            Effect.annotateLogs({ agent: agentId, command: command.command, commandId, seq, queuedBy }),
          )
          return { ...command, state: "queued" as const }
        },
        // One at a time: a command stored after one with a higher `seq` was delivered would be refused as replayed.
        oneAtATime.withPermit,
      )
      return CommandQueue.of({ queue })
    }),
  )
}

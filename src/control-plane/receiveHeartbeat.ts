import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SecureRandom from "effect/crypto/SecureRandom"
import type { AgentId } from "../domain/Identifiers.ts"
import type { Heartbeat, HeartbeatReply } from "../protocol/AgentMessages.ts"
import { CommandSigner } from "./CommandSigner.ts"
import { HeartbeatInterval } from "./HeartbeatInterval.ts"
import { Agents } from "./persistence/Agents.ts"
import { Commands } from "./persistence/Commands.ts"
import { Scans } from "./persistence/Scans.ts"

/** Envelopes in one reply, together; the rest follows with the next beats. */
const deliveryLimitBytes = 512 * 1024

/**
 * Takes one beat and answers it. Results are on disk before they are acknowledged, so whatever breaks between two
 * steps costs no more than a repetition.
 */
export const receiveHeartbeat = Effect.fn("receiveHeartbeat")(function* (agentId: AgentId, beat: Heartbeat) {
  const agents = yield* Agents
  const commands = yield* Commands
  const scans = yield* Scans
  const signer = yield* CommandSigner
  const random = yield* SecureRandom.SecureRandom
  const serverTime = yield* DateTime.now

  yield* commands.settle(agentId, beat.results, serverTime)
  const recorded = yield* agents.beat(agentId, beat, yield* random.uuidV4(), serverTime)
  if (recorded.cloneNoticed) {
    yield* Effect.logWarning("agent.clone_suspected").pipe(Effect.annotateLogs({ agent: agentId }))
  }
  const snapshotKnown =
    beat.snapshot === undefined || Option.contains(yield* scans.heldDigest(agentId), beat.snapshot)

  const keyRotations = yield* signer.rotationsAfter(beat.keyGeneration ?? 0)
  const waiting = yield* commands.deliver(agentId, deliveryLimitBytes, serverTime)

  const reply: HeartbeatReply = {
    serverTime,
    nextBeatSeconds: yield* HeartbeatInterval,
    exchangeToken: recorded.exchangeToken,
    commands: yield* Effect.forEach(waiting, signer.renew),
    acknowledged: beat.results.map((result) => result.commandId),
    want: [
      ...(recorded.factsOutdated ? (["facts"] as const) : []),
      ...(snapshotKnown ? [] : (["snapshot"] as const)),
    ],
    ...(keyRotations.length > 0 && { keyRotations }),
  }
  return reply
})

import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { CommandInbox } from "../command/CommandInbox.ts"
import { digestOf } from "../domain/snapshot.ts"
import { Host } from "../host/Host.ts"
import { Identity } from "../store/Identity.ts"
import { Outbox } from "../store/Outbox.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { Trust } from "../store/Trust.ts"
import { Supervisor } from "../Supervisor.ts"
import { ControlPlane } from "../transport/ControlPlane.ts"
import { BeatMemory } from "./BeatMemory.ts"
import { composeBeat } from "./composeBeat.ts"
import { afterLostBeat, nextAlone, resultBytesNow } from "./deliverResult.ts"
import { enrol } from "./enrol.ts"
import { followRotations } from "./followRotations.ts"

/**
 * Enrols if need be, sends one beat, and takes in the reply: what was acknowledged leaves the outbox, new keys go to the
 * executor, commands to the inbox; what the server lacks, and what beats do not bring, is sent by the upload loop. True when
 * results wait for a beat that should follow at once: more than fit into one have come together, and the server takes them.
 */
export const sendHeartbeat = Effect.fn("sendHeartbeat")(function* () {
  const controlPlane = yield* ControlPlane
  const host = yield* Host
  const identity = yield* Identity
  const inbox = yield* CommandInbox
  const memory = yield* BeatMemory
  const outbox = yield* Outbox
  const snapshots = yield* Snapshots
  const supervisor = yield* Supervisor
  const trust = yield* Trust

  const facts = yield* host.facts
  const factsDigest = digestOf(facts)
  const pinned = yield* trust.anchor
  // Without pinned keys no command would be obeyed: somebody has removed them so that they be pinned anew.
  const known = Option.isSome(pinned) ? yield* identity.enrolment : Option.none()
  const { agentId, exchangeToken } = Option.isSome(known) ? known.value : yield* enrol(pinned)
  if (Option.isNone(known)) {
    yield* Ref.update(memory, (before) => ({ ...before, factsSent: factsDigest }))
    yield* supervisor.wake("upload")
    yield* supervisor.wake("feed")
  }

  const { factsSent } = yield* Ref.get(memory)
  const beat = yield* composeBeat({
    exchangeToken,
    facts: factsSent === factsDigest ? Option.none() : Option.some(facts),
    resultBytes: yield* resultBytesNow,
    pinned: Option.isSome(known) ? pinned : yield* trust.anchor,
  })
  const reply = yield* controlPlane
    .heartbeat(agentId, beat)
    .pipe(
      Effect.tapErrorTag("RequestFailed", (error) =>
        beat.results.length > 0 ? afterLostBeat(error) : Effect.void,
      ),
    )

  yield* identity.rotateToken(reply.exchangeToken)
  yield* outbox.acknowledge(reply.acknowledged)
  if (yield* followRotations(reply.keyRotations ?? [])) yield* inbox.offer(reply.commands)
  if (reply.want.includes("snapshot")) {
    // A scan on its way brings what is wanted; and what was delivered since that beat is not what the server missed.
    const isUnderWay = Option.isSome(yield* snapshots.pending)
    const held = Option.getOrUndefined(yield* snapshots.heldDigest)
    if (!isUnderWay && held === beat.snapshot) yield* snapshots.resend
    yield* supervisor.wake("upload")
  }
  const now = yield* DateTime.now
  yield* Ref.update(memory, (before) => {
    const { factsSent: _, ...rest } = before
    return {
      ...rest,
      ...(!reply.want.includes("facts") && { factsSent: factsDigest }),
      clockSkewSeconds: (DateTime.toEpochMillis(reply.serverTime) - DateTime.toEpochMillis(now)) / 1000,
      askedSeconds: reply.nextBeatSeconds,
    }
  })
  yield* Effect.logDebug("heartbeat.sent").pipe(
    Effect.annotateLogs({ results: beat.results.length, commands: reply.commands.length }),
  )
  if (Option.isSome(yield* nextAlone)) {
    yield* supervisor.wake("upload")
    return false
  }
  const taken = beat.results.some(({ commandId }) => reply.acknowledged.includes(commandId))
  return taken && (yield* outbox.backlog).pending > 0
})

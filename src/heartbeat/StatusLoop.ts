import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { agentVersion } from "../agentVersion.ts"
import { CommandInbox } from "../command/CommandInbox.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import type { AgentStatus } from "../domain/AgentStatus.ts"
import { processIdentity } from "../host/processIdentity.ts"
import { Identity } from "../store/Identity.ts"
import { Outbox } from "../store/Outbox.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { type Round, Supervisor } from "../Supervisor.ts"
import { BeatMemory } from "./BeatMemory.ts"

/** Publishes what `patchctl status` shows, after every round of another loop and once an interval. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    const identity = yield* Identity
    const inbox = yield* CommandInbox
    const memory = yield* BeatMemory
    const outbox = yield* Outbox
    const snapshots = yield* Snapshots
    const statusFile = yield* StatusFile
    const startedAt = yield* DateTime.now
    const self = Option.getOrElse(yield* processIdentity(process.pid), () => "unknown")
    const next = Duration.seconds(config.heartbeat_seconds)

    const publish = Effect.gen(function* () {
      const enrolment = yield* identity.enrolment
      const running = yield* inbox.running
      const beat = yield* Ref.get(memory)
      const scan = yield* snapshots.newest
      const status: AgentStatus = {
        writtenAt: yield* DateTime.now,
        agentVersion,
        apiUrl: config.api_url,
        pid: process.pid,
        processIdentity: self,
        startedAt,
        heartbeatSeconds: config.heartbeat_seconds,
        pendingResults: (yield* outbox.backlog).pending,
        loops: yield* supervisor.states,
        ...(Option.isSome(enrolment) && { agentId: enrolment.value.agentId }),
        ...(beat.nextBeatAt !== undefined && { nextBeatAt: beat.nextBeatAt }),
        ...(beat.clockSkewSeconds !== undefined && { clockSkewSeconds: beat.clockSkewSeconds }),
        ...(Option.isSome(running) && {
          running: {
            commandId: running.value.commandId,
            command: running.value.command,
            startedAt: running.value.since,
          },
        }),
        ...(Option.isSome(scan) && { reboot: scan.value.reboot, lastScan: scan.value.lastScan }),
      }
      yield* statusFile.write(status)
      const done: Round = { next }
      return done
    }).pipe(
      Effect.catch((error) =>
        Effect.as(Effect.logWarning("status.not_written", error), { next, failure: error.message }),
      ),
    )

    yield* supervisor.start("status", publish)
  }),
)

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { AgentConfig } from "../config/AgentConfig.ts"
import type { AgentId } from "../domain/Identifiers.ts"
import { deliverScan } from "../scan/deliverScan.ts"
import { refusedInterval } from "../schedules.ts"
import type { StoreError } from "../store/Database.ts"
import { Identity } from "../store/Identity.ts"
import { Outbox } from "../store/Outbox.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { type Round, Supervisor } from "../Supervisor.ts"
import { ControlPlane, type ControlPlaneError, type SnapshotRefused } from "../transport/ControlPlane.ts"
import { BeatMemory } from "./BeatMemory.ts"
import { deliverResult } from "./deliverResult.ts"

type Failure = ControlPlaneError | SnapshotRefused | StoreError

/**
 * Delivers what is too large for a beat, however long it takes on the way: results that go alone and scans, in turn, so
 * that they do not share a slow line. When something is finished, and again at the heartbeat's pace after a failure; later
 * where the server asks for it or refuses this agent.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    const identity = yield* Identity
    const services = yield* Effect.context<BeatMemory | ControlPlane | Outbox | Snapshots | Supervisor>()
    const pause = Duration.seconds(config.heartbeat_seconds)

    const attempt = <R>(
      complain: (error: { readonly message: string }) => Effect.Effect<void>,
      deliver: (agentId: AgentId) => Effect.Effect<Duration.Duration, Failure, R>,
    ) => {
      const failed = Effect.fnUntraced(function* (
        error: { readonly message: string },
        atLeast: Duration.Duration,
      ) {
        yield* complain(error)
        const round: Round = {
          next: Duration.max(pause, atLeast),
          firm: Duration.isPositive(atLeast),
          failure: error.message,
        }
        return round
      })
      return Effect.gen(function* () {
        const enrolment = yield* identity.enrolment
        const next = Option.isSome(enrolment) ? yield* deliver(enrolment.value.agentId) : pause
        const done: Round = { next }
        return done
      }).pipe(
        Effect.catchTags({
          LicenseKeyRefused: (error) => failed(error, refusedInterval),
          AgentRefused: (error) =>
            failed(error, error.code === "bad_request_signature" ? pause : refusedInterval),
          RequestFailed: (error) => failed(error, Duration.seconds(error.retryAfterSeconds ?? 0)),
        }),
        Effect.catch((error) => failed(error, Duration.zero)),
      )
    }

    const round = Effect.gen(function* () {
      const ofResult = yield* attempt(
        (error) => Effect.logWarning("result.not_delivered", error),
        (agentId) => Effect.map(deliverResult(agentId), (more) => (more ? Duration.zero : pause)),
      )
      // Whoever asks for patience gets it for all.
      if (ofResult.firm === true) return ofResult
      const ofScan = yield* attempt(
        (error) => Effect.logWarning("scan.not_delivered", error),
        (agentId) => Effect.as(deliverScan(agentId), pause),
      )
      return ofScan.failure === undefined ? ofResult : ofScan
    }).pipe(Effect.provideContext(services))

    yield* supervisor.start("upload", round)
  }),
)

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Round } from "../Supervisor.ts"
import { Supervisor } from "../Supervisor.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import { refusedInterval } from "../schedules.ts"
import { Identity } from "../store/Identity.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { ControlPlane } from "../transport/ControlPlane.ts"
import { deliverScan } from "./deliverScan.ts"

/**
 * Delivers scans when one is finished, and again at the heartbeat's pace after a failure; later where the server asks for
 * it or refuses this agent.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    const identity = yield* Identity
    const services = yield* Effect.context<ControlPlane | Snapshots>()
    const pause = Duration.seconds(config.heartbeat_seconds)

    const failed = Effect.fnUntraced(function* (
      error: { readonly message: string },
      atLeast: Duration.Duration,
    ) {
      yield* Effect.logWarning("scan.not_delivered", error)
      const round: Round = {
        next: Duration.max(pause, atLeast),
        firm: Duration.isPositive(atLeast),
        failure: error.message,
      }
      return round
    })

    const round = Effect.gen(function* () {
      const enrolment = yield* identity.enrolment
      if (Option.isSome(enrolment)) yield* deliverScan(enrolment.value.agentId)
      const done: Round = { next: pause }
      return done
    }).pipe(
      Effect.provideContext(services),
      Effect.catchTags({
        LicenseKeyRefused: (error) => failed(error, refusedInterval),
        AgentRefused: (error) =>
          failed(error, error.code === "bad_request_signature" ? pause : refusedInterval),
        RequestFailed: (error) => failed(error, Duration.seconds(error.retryAfterSeconds ?? 0)),
      }),
      Effect.catch((error) => failed(error, Duration.zero)),
    )

    yield* supervisor.start("upload", round)
  }),
)

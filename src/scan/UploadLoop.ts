import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Round } from "../Supervisor.ts"
import { Supervisor } from "../Supervisor.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import { Identity } from "../store/Identity.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { ControlPlane } from "../transport/ControlPlane.ts"
import { deliverScan } from "./deliverScan.ts"

/** Delivers scans when one is finished, after each good beat, and again at the heartbeat's pace after a failure. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    const identity = yield* Identity
    const services = yield* Effect.context<ControlPlane | Snapshots>()
    const pause = Duration.seconds(config.heartbeat_seconds)

    const round = Effect.gen(function* () {
      const enrolment = yield* identity.enrolment
      if (Option.isSome(enrolment)) yield* deliverScan(enrolment.value.agentId)
      const done: Round = { next: pause }
      return done
    }).pipe(
      Effect.provideContext(services),
      Effect.catch((error) =>
        Effect.as(Effect.logWarning("scan.not_delivered", error), { next: pause, failure: error.message }),
      ),
    )

    yield* supervisor.start("upload", round)
  }),
)

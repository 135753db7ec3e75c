import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { AgentConfig } from "../config/AgentConfig.ts"
import { CommandInbox } from "../command/CommandInbox.ts"
import { ExecutorClient } from "../command/ExecutorClient.ts"
import { Host } from "../host/Host.ts"
import { ServiceManager } from "../host/ServiceManager.ts"
import { refusedInterval, shortestBeatRound, watchdogGrace } from "../schedules.ts"
import { Identity } from "../store/Identity.ts"
import { Outbox } from "../store/Outbox.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { Trust } from "../store/Trust.ts"
import { type Round, Supervisor } from "../Supervisor.ts"
import { ControlPlane, RequestFailed } from "../transport/ControlPlane.ts"
import { BeatMemory } from "./BeatMemory.ts"
import { effectiveInterval, untilNextSlot } from "./beatSchedule.ts"
import { sendHeartbeat } from "./sendHeartbeat.ts"

/**
 * Beats at start, then once a slot, and on until every result that waited is delivered. A lost beat is logged and never
 * fatal; a refused key slows the beat down, and so does Retry-After, whatever else happens meanwhile. The service manager
 * hears when the next one is due, and ends a daemon that misses it.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    const host = yield* Host
    const identity = yield* Identity
    const memory = yield* BeatMemory
    const services = yield* Effect.context<
      | AgentConfig
      | BeatMemory
      | CommandInbox
      | ControlPlane
      | ExecutorClient
      | FileSystem.FileSystem
      | Host
      | Identity
      | Outbox
      | Snapshots
      | Supervisor
      | Trust
    >()
    const serviceManager = yield* ServiceManager
    const configured = Duration.seconds(config.heartbeat_seconds)
    const longestRound = Duration.max(configured, shortestBeatRound)
    const dueIn = (next: Duration.Duration) =>
      serviceManager.alive(Duration.sum(Duration.sum(next, longestRound), watchdogGrace))
    const machineId = Option.getOrUndefined(yield* Effect.option(host.machineId))

    const nextSlot = Effect.gen(function* () {
      const { askedSeconds } = yield* Ref.get(memory)
      const interval = effectiveInterval(configured, Duration.seconds(askedSeconds ?? 0))
      return untilNextSlot(yield* Clock.currentTimeMillis, interval, machineId)
    })

    const announce = Effect.fnUntraced(function* (round: Round) {
      const nextBeatAt = DateTime.addDuration(yield* DateTime.now, round.next)
      yield* Ref.update(memory, (known) => ({ ...known, nextBeatAt }))
      yield* dueIn(round.next)
      return round
    })

    const lost = Effect.fnUntraced(function* (
      error: { readonly message: string },
      atLeast: Duration.Duration,
    ) {
      yield* Effect.logWarning("heartbeat.lost", error)
      const round: Round = {
        next: Duration.max(yield* nextSlot, atLeast),
        firm: Duration.isPositive(atLeast),
        failure: error.message,
      }
      return round
    })

    const round = sendHeartbeat().pipe(
      Effect.timeoutOrElse({
        duration: longestRound,
        orElse: () =>
          new RequestFailed({
            code: "timed_out",
            retryable: true,
            detail: "the beat took longer than its interval",
          }),
      }),
      Effect.flatMap((more) => (more ? Effect.succeed(Duration.zero) : nextSlot)),
      Effect.map((next): Round => ({ next })),
      Effect.catchTags({
        LicenseKeyRefused: (error) => lost(error, Duration.max(configured, refusedInterval)),
        AgentRefused: (error) =>
          // A clock that is wrong is set right at any moment, and then results wait no longer than an interval.
          error.code === "bad_request_signature"
            ? lost(error, configured)
            : // Deleted at the server: enrolling again is the way back, and the licence key decides.
              Effect.andThen(
                Effect.ignore(identity.forget),
                lost(error, Duration.max(configured, refusedInterval)),
              ),
        RequestFailed: (error) => lost(error, Duration.seconds(error.retryAfterSeconds ?? 0)),
      }),
      Effect.catch((error) => lost(error, Duration.zero)),
      Effect.flatMap(announce),
      Effect.provideContext(services),
    )

    yield* dueIn(Duration.zero)
    yield* supervisor.start("heartbeat", round)
  }),
)

import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import type { LoopState } from "./domain/Health.ts"

const loopNames = ["heartbeat", "scan", "upload", "command", "feed", "status"] as const
export type LoopName = (typeof loopNames)[number]

/** How one round of a loop went, and when the next is due. */
export interface Round {
  readonly next: Duration.Duration
  /** The server asked for the wait: nobody may cut it short. */
  readonly firm?: boolean
  /** For people; absent when the round succeeded. */
  readonly failure?: string
}

/**
 * Owner of the loops: `run` joins it. A loop repeats its round, waits as long as the round says or until somebody
 * wakes it, and never fails; a defect in one ends the process, so that systemd restarts it instead of leaving an
 * agent that has silently stopped beating. After every round the status loop is woken to publish it.
 */
export class Supervisor extends Context.Service<
  Supervisor,
  {
    readonly start: (name: LoopName, round: Effect.Effect<Round>) => Effect.Effect<void>
    /** Cuts the wait before the next round short, unless it is firm. Many calls before that round are one. */
    readonly wake: (name: LoopName) => Effect.Effect<void>
    readonly states: Effect.Effect<ReadonlyArray<LoopState>>
    /** Never succeeds; dies with the first loop that dies. */
    readonly join: Effect.Effect<never>
  }
>()("patchctl/Supervisor") {
  static readonly layer = Layer.effect(
    Supervisor,
    Effect.gen(function* () {
      const fibers = yield* FiberSet.make<never, never>()
      const states = yield* Ref.make<ReadonlyMap<LoopName, LoopState>>(new Map())
      const bells = new Map<LoopName, Queue.Queue<void>>()
      for (const name of loopNames) {
        bells.set(name, yield* Queue.sliding<void>(1))
      }
      const ring = (name: LoopName) => {
        const bell = bells.get(name)
        return bell === undefined ? Effect.void : Effect.asVoid(Queue.offer(bell, undefined))
      }
      const awaitBell = (name: LoopName) => {
        const bell = bells.get(name)
        return bell === undefined ? Effect.never : Queue.take(bell)
      }
      const silence = (name: LoopName) => {
        const bell = bells.get(name)
        return bell === undefined ? Effect.void : Effect.asVoid(Queue.clear(bell))
      }

      const record = Effect.fnUntraced(function* (name: LoopName, round: Round) {
        const now = yield* DateTime.now
        yield* Ref.update(states, (known) => {
          const before = known.get(name) ?? { name, consecutiveFailures: 0 }
          const { lastError: _, ...rest } = before
          const state: LoopState =
            round.failure === undefined
              ? { ...rest, lastSuccessAt: now, consecutiveFailures: 0 }
              : {
                  ...before,
                  lastFailureAt: now,
                  lastError: round.failure,
                  consecutiveFailures: before.consecutiveFailures + 1,
                }
          return new Map(known).set(name, state)
        })
        if (name !== "status") yield* ring("status")
      })

      const start = (name: LoopName, round: Effect.Effect<Round>) =>
        round.pipe(
          Effect.tap((done) => record(name, done)),
          Effect.flatMap(({ next, firm }) =>
            firm === true
              ? Effect.andThen(Effect.sleep(next), silence(name))
              : Effect.timeoutOption(awaitBell(name), next),
          ),
          Effect.forever,
          FiberSet.run(fibers),
          Effect.asVoid,
        )

      return Supervisor.of({
        start,
        wake: ring,
        states: Effect.map(Ref.get(states), (known) => [...known.values()]),
        join: Effect.andThen(FiberSet.join(fibers), Effect.never),
      })
    }),
  )
}

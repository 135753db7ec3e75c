import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { decodeJwt } from "jose"
import type { CommandId } from "../domain/Identifiers.ts"
import { CommandClaims } from "../protocol/CommandEnvelope.ts"

/** Envelopes that wait for their turn; more are left to the server, which repeats them at the next beat. */
export const inboxCapacity = 100

/** The command that is with the executor now, by its own unverified words: for people, never for decisions. */
export interface Running {
  readonly commandId: CommandId
  readonly command: string
  readonly since: DateTime.Utc
  /** The executor's last word on how far it is. */
  readonly step: string
}

const decodeClaims = Schema.decodeUnknownOption(CommandClaims)

const claimsOf = (envelope: string) => Option.flatMap(Option.liftThrowable(decodeJwt)(envelope), decodeClaims)

/** Which command this is, by its own unverified words: enough to leave it alone, never to believe it. */
export const claimedId = (envelope: string): Option.Option<CommandId> =>
  Option.map(claimsOf(envelope), ({ jti }) => jti)

const describe = (envelope: string, since: DateTime.Utc): Option.Option<Running> =>
  Option.map(claimsOf(envelope), ({ jti, command }) => ({
    commandId: jti,
    command: command.name.slice(0, 64),
    since,
    step: "starting",
  }))

/**
 * Command envelopes on their way from the heartbeat to the executor, in the server's order. Kept in memory only:
 * the server repeats each until its result arrives, and the executor's ledger makes repeats harmless.
 */
export class CommandInbox extends Context.Service<
  CommandInbox,
  {
    /** Adds those that are not waiting or running already. */
    readonly offer: (envelopes: ReadonlyArray<string>) => Effect.Effect<void>
    /** Waits for the next envelope and hands it to `use`; it counts as running until that ends. */
    readonly next: <A, E, R>(
      use: (envelope: string, report: (step: string) => Effect.Effect<void>) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E, R>
    readonly running: Effect.Effect<Option.Option<Running>>
  }
>()("patchctl/command/CommandInbox") {
  static readonly layer = Layer.effect(
    CommandInbox,
    Effect.gen(function* () {
      const queue = yield* Queue.dropping<string>(inboxCapacity)
      const taken = yield* Ref.make<ReadonlySet<string>>(new Set())
      const running = yield* Ref.make(Option.none<Running>())

      const offer = Effect.fnUntraced(function* (envelopes: ReadonlyArray<string>) {
        for (const envelope of envelopes) {
          const known = yield* Ref.get(taken)
          if (known.has(envelope)) continue
          if (yield* Queue.offer(queue, envelope)) yield* Ref.set(taken, new Set(known).add(envelope))
        }
      })

      const release = (envelope: string) =>
        Ref.update(taken, (known) => new Set([...known].filter((other) => other !== envelope)))

      const next: CommandInbox["Service"]["next"] = (use) =>
        Effect.acquireUseRelease(
          Effect.gen(function* () {
            const envelope = yield* Queue.take(queue)
            const since = yield* DateTime.now
            yield* Ref.set(running, describe(envelope, since))
            return envelope
          }).pipe(Effect.interruptible),
          (envelope) =>
            use(envelope, (step) =>
              Ref.update(
                running,
                Option.map((now) => ({ ...now, step })),
              ),
            ),
          (envelope) => Effect.andThen(Ref.set(running, Option.none()), release(envelope)),
        )

      return CommandInbox.of({ offer, next, running: Ref.get(running) })
    }),
  )
}

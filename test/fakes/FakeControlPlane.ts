import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { CommandResult } from "../../src/domain/Command.ts"
import type { CommandId } from "../../src/domain/Identifiers.ts"
import type { Heartbeat, HeartbeatReply, ScanUpload } from "../../src/protocol/AgentMessages.ts"
import {
  ControlPlane,
  type ControlPlaneError,
  RequestFailed,
  SnapshotRefused,
} from "../../src/transport/ControlPlane.ts"
import { agentId, issuer, makeSigner, organization } from "./CommandSigning.ts"

/** What the server was told, and what it will answer next: `down` always, each failure once, in order. */
export interface ServerMemory {
  readonly beats: ReadonlyArray<{ readonly at: number; readonly beat: Heartbeat }>
  readonly enrolments: number
  readonly uploads: ReadonlyArray<ScanUpload>
  readonly results: ReadonlyArray<CommandResult>
  readonly down: Option.Option<ControlPlaneError>
  readonly failures: ReadonlyArray<ControlPlaneError>
  readonly refuseSnapshots: number
  /** Results sent alone that get lost. */
  readonly refuseResults: number
  /** How long the answer to a beat is under way. */
  readonly repliesTake: Duration.Input
  /** How long a result sent alone is under way. */
  readonly resultsTake: Duration.Input
  /** Which result it says it has got when one came alone. */
  readonly receipt: (sent: CommandId) => CommandId
  /** What the server has against a result, alone or in a beat; nothing stands where there is nothing. */
  readonly objection: (result: CommandResult) => ControlPlaneError | undefined
  readonly reply: Partial<HeartbeatReply>
}

export class FakeServer extends Context.Service<FakeServer, Ref.Ref<ServerMemory>>()(
  "patchctl/test/FakeServer",
) {}

/** A control plane in memory that acknowledges what it gets and fails as it is told. */
export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const { key } = yield* makeSigner
    const memory = yield* Ref.make<ServerMemory>({
      beats: [],
      enrolments: 0,
      uploads: [],
      results: [],
      down: Option.none(),
      failures: [],
      refuseSnapshots: 0,
      refuseResults: 0,
      repliesTake: 0,
      resultsTake: 0,
      receipt: (sent) => sent,
      objection: () => undefined,
      reply: {},
    })
    const failNext = Effect.gen(function* () {
      const { down, failures } = yield* Ref.get(memory)
      if (Option.isSome(down)) return yield* down.value
      const [failure, ...rest] = failures
      if (failure === undefined) return
      yield* Ref.update(memory, (known) => ({ ...known, failures: rest }))
      return yield* failure
    })

    const object = Effect.fnUntraced(function* (results: ReadonlyArray<CommandResult>) {
      const { objection } = yield* Ref.get(memory)
      const [first] = results.flatMap((result) => objection(result) ?? [])
      if (first !== undefined) return yield* first
    })

    const server = ControlPlane.of({
      enrol: () =>
        Effect.andThen(
          failNext,
          Ref.modify(memory, (known) => [
            {
              agentId,
              exchangeToken: "token-0",
              issuer,
              organization,
              commandKeys: [key],
              nextBeatSeconds: 300,
              features: [],
            } as const,
            { ...known, enrolments: known.enrolments + 1 },
          ]),
        ),
      heartbeat: Effect.fn(function* (_, beat) {
        yield* failNext
        yield* object(beat.results)
        const now = yield* DateTime.now
        const { beats, reply, repliesTake } = yield* Ref.updateAndGet(memory, (known) => ({
          ...known,
          beats: [...known.beats, { at: DateTime.toEpochMillis(now), beat }],
          results: [...known.results, ...beat.results],
        }))
        yield* Effect.sleep(repliesTake)
        return {
          serverTime: now,
          nextBeatSeconds: 300,
          exchangeToken: `token-${beats.length}`,
          commands: [],
          acknowledged: beat.results.map(({ commandId }) => commandId),
          want: [],
          ...reply,
        }
      }),
      uploadScan: Effect.fn(function* (_, upload) {
        yield* failNext
        const known = yield* Ref.get(memory)
        if (known.refuseSnapshots > 0 && upload.kind !== "full") {
          yield* Ref.set(memory, { ...known, refuseSnapshots: known.refuseSnapshots - 1 })
          return yield* new SnapshotRefused()
        }
        yield* Ref.set(memory, { ...known, uploads: [...known.uploads, upload] })
        return { scanId: upload.summary.scanId, digest: upload.summary.digest }
      }),
      deliverResult: Effect.fn(function* (_, result) {
        yield* failNext
        yield* object([result])
        const { receipt, refuseResults, resultsTake } = yield* Ref.get(memory)
        yield* Effect.sleep(resultsTake)
        if (refuseResults > 0) {
          yield* Ref.update(memory, (known) => ({ ...known, refuseResults: refuseResults - 1 }))
          return yield* new RequestFailed({ code: "timed_out", retryable: true, detail: "too long" })
        }
        yield* Ref.update(memory, (known) => ({ ...known, results: [...known.results, result] }))
        return { acknowledged: receipt(result.commandId) }
      }),
    })
    return Context.make(FakeServer, memory).pipe(Context.add(ControlPlane, server))
  }),
)

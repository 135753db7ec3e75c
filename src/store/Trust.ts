import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AgentId } from "../domain/Identifiers.ts"
import { PublicKey } from "../protocol/AgentMessages.ts"

/** Whose commands this host obeys: pinned at enrolment, read by the executor, never taken from the wire again. */
export const TrustAnchor = Schema.Struct({
  /** The `aud` a command must carry. */
  agentId: AgentId,
  /** The `iss` a command must carry. */
  issuer: Schema.String,
  commandKeys: Schema.NonEmptyArray(PublicKey),
  /** Who may sign vulnerability feeds. Absent in older files, and where the control plane publishes none. */
  feedKeys: Schema.optionalKey(Schema.NonEmptyArray(PublicKey)),
})
export type TrustAnchor = typeof TrustAnchor.Type

/** The pinned command keys could not be read, or the server now presents others. */
export class TrustError extends Schema.TaggedError<TrustError>()("TrustError", {
  path: Schema.String,
  reason: Schema.Literals(["unreadable", "unwritable", "other_keys"]),
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    const what = {
      unreadable: "cannot be read: restore it, or remove it and restart the agent to pin again",
      unwritable: "cannot be written: check owner, mode and free space of its directory",
      other_keys:
        "pins other command keys than the control plane presents: if you moved to another control plane, remove the file and restart the agent",
    }[this.reason]
    return `${this.path} ${what}`
  }
}

const Document = Schema.fromJsonString(TrustAnchor)
const decodeDocument = Schema.decodeUnknownEffect(Document)
const encodeDocument = Schema.encodeEffect(Document)

/** The pinned command keys, in a file of their own so that only root needs to be able to write it. */
export class Trust extends Context.Service<
  Trust,
  {
    /** None before the first enrolment. */
    readonly anchor: Effect.Effect<Option.Option<TrustAnchor>, TrustError>
    /**
     * Trust on first use: later calls may change the agent id and bring the first feed keys, but never change issuer or
     * keys. Other feed keys than those pinned are passed over: feeds of theirs are refused when they come.
     */
    readonly pin: (anchor: TrustAnchor) => Effect.Effect<void, TrustError>
  }
>()("patchctl/store/Trust") {
  static readonly layer = (path: string): Layer.Layer<Trust, never, FileSystem.FileSystem> =>
    Layer.effect(
      Trust,
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const refuse = (reason: TrustError["reason"]) => (cause: unknown) =>
          new TrustError({ path, reason, cause })

        const anchor = files.readFileString(path).pipe(
          Effect.flatMap(decodeDocument),
          Effect.asSome,
          Effect.catchIf(
            (error) => error._tag === "PlatformError" && error.reason._tag === "NotFound",
            () => Effect.succeedNone,
          ),
          Effect.mapError(refuse("unreadable")),
        )

        const write = Effect.fnUntraced(
          function* (next: TrustAnchor) {
            const text = yield* Effect.orDie(encodeDocument(next))
            yield* files.writeFileString(`${path}.new`, text, { mode: 0o600 })
            yield* files.rename(`${path}.new`, path)
          },
          Effect.mapError(refuse("unwritable")),
        )

        const pin = Effect.fn("Trust.pin")(function* (next: TrustAnchor) {
          const known = yield* anchor
          if (Option.isNone(known)) return yield* write(next)
          const sameKeys =
            known.value.issuer === next.issuer &&
            known.value.commandKeys.every((key) => next.commandKeys.some((offered) => offered.x === key.x))
          if (!sameKeys) return yield* new TrustError({ path, reason: "other_keys" })
          const { feedKeys = next.feedKeys } = known.value
          const firstFeedKeys = known.value.feedKeys === undefined && feedKeys !== undefined
          if (known.value.agentId !== next.agentId || firstFeedKeys) {
            yield* write({
              ...known.value,
              agentId: next.agentId,
              ...(feedKeys !== undefined && { feedKeys }),
            })
          }
        })

        return Trust.of({ anchor, pin })
      }),
    )
}

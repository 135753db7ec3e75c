import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { writeDurably } from "../host/durableFiles.ts"
import type { AgentRenamingClaims } from "../protocol/AgentRenaming.ts"
import { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { lockFile, type StoreError } from "./Database.ts"

/** The pinned keys could not be read or written. */
export class TrustError extends Schema.TaggedError<TrustError>()("TrustError", {
  path: Schema.String,
  reason: Schema.Literals(["unreadable", "unwritable"]),
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    const what = {
      unreadable: "cannot be read: restore it, or remove it and restart the agent to pin again",
      unwritable: "cannot be written: check owner, mode and free space of its directory",
    }[this.reason]
    return `${this.path} ${what}`
  }
}

/** Something else is pinned than what was offered. */
export class PinRefused extends Schema.TaggedError<PinRefused>()("PinRefused", {
  path: Schema.String,
  reason: Schema.Literals(["other_keys", "other_organization", "other_agent"]),
}) {
  override get message() {
    const what = {
      other_keys:
        "pins other command keys than the control plane presents: if you moved to another control plane, remove the file and restart the agent",
      other_organization:
        "pins another organisation than the licence key belongs to: put the right key into the configuration or, if this host was handed over, remove the file and restart the agent",
      other_agent:
        "pins another agent id than the control plane gave, and no statement of its command key leads from one to the other: find out why the id changed, then remove the file and restart the agent",
    }[this.reason]
    return `${this.path} ${what}`
  }
}

const Document = Schema.fromJsonString(TrustAnchor)
const decodeDocument = Schema.decodeUnknownEffect(Document)
const encodeDocument = Schema.encodeEffect(Document)

/** What of `offered` must not take the place of what is pinned. */
const difference = (pinned: TrustAnchor, offered: TrustAnchor): PinRefused["reason"] | undefined => {
  const sameKeys =
    pinned.issuer === offered.issuer &&
    pinned.commandKeys.every((key) => offered.commandKeys.some(({ x }) => x === key.x))
  if (!sameKeys) return "other_keys"
  if (pinned.organization !== offered.organization) return "other_organization"
  return pinned.agentId === offered.agentId ? undefined : "other_agent"
}

/** How often the command keys of an anchor have been changed. */
export const generationOf = (anchor: TrustAnchor): number => anchor.generation ?? 0

/**
 * The pinned keys, in a file of their own: public, readable by every user, and written by nobody but the executor. The
 * daemon reads them, too, and changes them by asking for it.
 */
export class Trust extends Context.Service<
  Trust,
  {
    /** None before the first enrolment. */
    readonly anchor: Effect.Effect<Option.Option<TrustAnchor>, TrustError>
    /**
     * Trust on first use: later calls may bring the first feed keys, and change nothing else. Other feed keys than those
     * pinned are passed over: feeds of theirs are refused when they come.
     */
    readonly pin: (anchor: TrustAnchor) => Effect.Effect<void, PinRefused | StoreError | TrustError>
    /** Puts another agent id in place of the one that is pinned; passed over unless that one is `from`. */
    readonly rename: (
      names: Pick<AgentRenamingClaims, "from" | "to">,
    ) => Effect.Effect<void, StoreError | TrustError>
    /** Puts other command keys in place of those that are pinned; passed over unless their generation is higher. */
    readonly replaceKeys: (
      next: Required<Pick<TrustAnchor, "commandKeys" | "generation">>,
    ) => Effect.Effect<void, StoreError | TrustError>
  }
>()("patchctl/store/Trust") {
  static readonly layer = (path: string): Layer.Layer<Trust, never, FileSystem.FileSystem | Path.Path> =>
    Layer.effect(
      Trust,
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
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

        /** On disk before anything relies on it, and for the daemon, another user, to read. */
        const write = (next: TrustAnchor) =>
          Effect.orDie(encodeDocument(next)).pipe(
            Effect.flatMap((text) => writeDurably(path, new TextEncoder().encode(text))),
            Effect.mapError(refuse("unwritable")),
            Effect.provideContext(context),
          )

        /** One executor at a time: each decides by what it has read. */
        const alone = <A, E>(change: Effect.Effect<A, E>) =>
          Effect.scoped(Effect.andThen(lockFile(`${path}.lock`), change))

        const pin = Effect.fn("Trust.pin")(function* (next: TrustAnchor) {
          const known = yield* anchor
          if (Option.isNone(known)) return yield* write(next)
          const pinned = known.value
          const other = difference(pinned, next)
          if (other !== undefined) return yield* new PinRefused({ path, reason: other })
          if (pinned.feedKeys === undefined && next.feedKeys !== undefined) {
            yield* write({ ...pinned, feedKeys: next.feedKeys })
          }
        })

        const rename = Effect.fn("Trust.rename")(function* ({
          from,
          to,
        }: Parameters<Trust["Service"]["rename"]>[0]) {
          const known = yield* anchor
          if (Option.isSome(known) && known.value.agentId === from) {
            yield* write({ ...known.value, agentId: to })
          }
        })

        const replaceKeys = Effect.fn("Trust.replaceKeys")(function* (
          next: Parameters<Trust["Service"]["replaceKeys"]>[0],
        ) {
          const known = yield* anchor
          if (Option.isSome(known) && next.generation > generationOf(known.value)) {
            yield* write({ ...known.value, ...next })
          }
        })

        return Trust.of({
          anchor,
          pin: (next) => alone(pin(next)),
          rename: (names) => alone(rename(names)),
          replaceKeys: (next) => alone(replaceKeys(next)),
        })
      }),
    )
}

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"
import { AgentStatus } from "../domain/AgentStatus.ts"

/** The status could not be read or written. */
export class StatusFileError extends Schema.TaggedError<StatusFileError>()("StatusFileError", {
  path: Schema.String,
  reason: Schema.Literals(["missing", "not_permitted", "damaged", "failed"]),
  cause: Schema.Defect(),
}) {
  override get message() {
    const what = {
      missing: "does not exist: the agent has not run with this state directory",
      not_permitted: "may not be read by this user: run this as root",
      damaged:
        "is not understood: it is damaged, or another version of the agent wrote it; restart the agent",
      failed: "cannot be read or written: check the disk it is on",
    }[this.reason]
    return `${this.path} ${what}`
  }
}

const Document = Schema.fromJsonString(AgentStatus)
const decode = Schema.decodeUnknownEffect(Document)
const encode = Schema.encodeEffect(Document)

const reasonOf = (tag: string): StatusFileError["reason"] =>
  tag === "NotFound" ? "missing" : tag === "PermissionDenied" ? "not_permitted" : "failed"

/** `status.json` in the state directory: what the daemon says about itself, for `patchctl status`. */
export class StatusFile extends Context.Service<
  StatusFile,
  {
    /** All or nothing: a reader sees the old document or the new one. */
    readonly write: (status: AgentStatus) => Effect.Effect<void, StatusFileError>
    readonly read: Effect.Effect<AgentStatus, StatusFileError>
  }
>()("patchctl/store/StatusFile") {
  static readonly layer = (stateDirectory: string): Layer.Layer<StatusFile, never, FileSystem.FileSystem> =>
    Layer.effect(
      StatusFile,
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const path = `${stateDirectory}/status.json`
        const refuse = (cause: PlatformError.PlatformError) =>
          new StatusFileError({ path, reason: reasonOf(cause.reason._tag), cause })

        const store = Effect.fnUntraced(function* (text: string) {
          const file = yield* files.open(`${path}.new`, { flag: "w", mode: 0o644 })
          yield* file.writeAll(new TextEncoder().encode(`${text}\n`))
          yield* file.sync
          // A service's umask of 077 would hide the file from the users who ask.
          yield* files.chmod(`${path}.new`, 0o644)
          yield* files.rename(`${path}.new`, path)
        }, Effect.scoped)

        const write = Effect.fn("StatusFile.write")(function* (status: AgentStatus) {
          const text = yield* Effect.orDie(encode(status))
          yield* Effect.mapError(store(text), refuse)
        })

        const read = files.readFileString(path).pipe(
          Effect.mapError(refuse),
          Effect.flatMap((text) =>
            Effect.mapError(decode(text), (cause) => new StatusFileError({ path, reason: "damaged", cause })),
          ),
          Effect.withSpan("StatusFile.read"),
        )

        return StatusFile.of({ write, read })
      }),
    )
}

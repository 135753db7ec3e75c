import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { writeDurably } from "../host/durableFiles.ts"
import { Installation } from "./Installation.ts"
import { filesError, type UpdateFilesError } from "./UpdateFilesError.ts"
import { noUpdateYet, UpdateState } from "./UpdateState.ts"

const Document = Schema.fromJsonString(UpdateState)
const decode = Schema.decodeUnknownEffect(Document)
const encode = Schema.encodeEffect(Document)

/** How far an update has come, in a file that outlives the updater. */
export class UpdateMemory extends Context.Service<
  UpdateMemory,
  {
    /** What is there is not needed to go on, only to go back: a damaged file counts as none, and is told in the log. */
    readonly read: Effect.Effect<UpdateState, UpdateFilesError>
    /** All or nothing, on disk when it returns. */
    readonly write: (state: UpdateState) => Effect.Effect<void, UpdateFilesError>
  }
>()("patchctl/self-update/UpdateMemory") {
  static readonly layer: Layer.Layer<UpdateMemory, never, FileSystem.FileSystem | Installation | Path.Path> =
    Layer.effect(
      UpdateMemory,
      Effect.gen(function* () {
        const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
        const files = yield* FileSystem.FileSystem
        const { update } = yield* Installation
        const path = `${update}/state.json`

        const read = files.readFileString(path).pipe(
          Effect.flatMap((text) =>
            decode(text).pipe(
              Effect.catch((error) => Effect.as(Effect.logError("update.state_damaged", error), noUpdateYet)),
            ),
          ),
          Effect.catchTag("PlatformError", (error) =>
            error.reason._tag === "NotFound"
              ? Effect.succeed(noUpdateYet)
              : Effect.fail(filesError(path)(error)),
          ),
          Effect.withSpan("UpdateMemory.read"),
        )

        const write = Effect.fn("UpdateMemory.write")(function* (state: UpdateState) {
          const text = yield* Effect.orDie(encode(state))
          yield* Effect.andThen(
            files.makeDirectory(update, { recursive: true, mode: 0o755 }),
            writeDurably(path, new TextEncoder().encode(`${text}\n`)),
          ).pipe(Effect.mapError(filesError(path)), Effect.provide(context))
        })

        return UpdateMemory.of({ read, write })
      }),
    )
}

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { AgentConfig } from "../config/AgentConfig.ts"
import { executorDirectory } from "../config/executorDirectory.ts"
import { isAlive } from "../host/processIdentity.ts"
import { unfinishedExecutors } from "../store/inspectLedger.ts"

/** Tells whether a command is being carried out on this host. */
export class CommandWatch extends Context.Service<
  CommandWatch,
  { readonly isRunning: Effect.Effect<boolean> }
>()("patchctl/self-update/CommandWatch") {
  /**
   * By the executor's ledger. A command whose executor has died does not run: it is resolved by the next one, whatever
   * version that is. With a damaged ledger no command runs; one that cannot be read for another reason may hide one.
   */
  static readonly layer: Layer.Layer<CommandWatch, never, AgentConfig | FileSystem.FileSystem> = Layer.effect(
    CommandWatch,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { state_directory } = yield* AgentConfig
      const path = `${executorDirectory(state_directory)}/executor.sqlite`
      return CommandWatch.of({
        isRunning: unfinishedExecutors(path).pipe(
          Effect.flatMap(Effect.filter(isAlive)),
          Effect.map((alive) => alive.length > 0),
          Effect.catch((error) =>
            Effect.as(Effect.logWarning("update.ledger_unreadable", error), error.reason !== "damaged"),
          ),
          Effect.provideService(FileSystem.FileSystem, files),
        ),
      })
    }),
  )
}

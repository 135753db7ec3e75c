import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CommandResult } from "../domain/Command.ts"

/** The executor gave no result. Nothing is lost: the command is handed over again at a later beat. */
export class ExecutorUnavailable extends Schema.TaggedError<ExecutorUnavailable>()("ExecutorUnavailable", {
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    return `the executor gave no result: ${this.detail}`
  }
}

/** The way to the root side: one envelope in, progress and the one result out. */
export class ExecutorClient extends Context.Service<
  ExecutorClient,
  {
    readonly execute: (
      envelope: string,
      report: (step: string) => Effect.Effect<void>,
    ) => Effect.Effect<CommandResult, ExecutorUnavailable>
  }
>()("patchctl/command/ExecutorClient") {}

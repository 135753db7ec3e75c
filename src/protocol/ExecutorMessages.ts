import * as Schema from "effect/Schema"
import { CommandResult } from "../domain/Command.ts"

/** The one line an executor reads: a command envelope as the control plane signed it. */
export const ExecutorRequest = Schema.Struct({
  kind: Schema.Literal("command"),
  envelope: Schema.String,
})
export type ExecutorRequest = typeof ExecutorRequest.Type

/** What an executor writes, one JSON document a line: any number of `progress`, then one `result`. */
export const ExecutorEvent = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("progress"),
    step: Schema.String,
    package: Schema.optionalKey(Schema.String),
    percent: Schema.optionalKey(Schema.Finite),
  }),
  Schema.Struct({ kind: Schema.Literal("result"), result: CommandResult }),
])
export type ExecutorEvent = typeof ExecutorEvent.Type

import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { UpdateAttempt } from "../domain/UpdateAttempt.ts"
import { Installation } from "../self-update/Installation.ts"

const State = Schema.fromJsonString(Schema.Struct({ last: UpdateAttempt }))
const decode = Schema.decodeUnknownEffect(State)

/** The last attempt to update the agent; none before the first, and where its state is not understood. */
export const lastUpdate = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const { update } = yield* Installation
  return yield* files.readFileString(`${update}/state.json`).pipe(
    Effect.flatMap(decode),
    Effect.map(({ last }) => last),
    Effect.option,
  )
}).pipe(Effect.provide(Installation.layer), Effect.map(Option.getOrUndefined))

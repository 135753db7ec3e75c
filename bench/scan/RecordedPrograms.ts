import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { performance } from "node:perf_hooks"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"

/** A program that was run, and for how long. */
export interface RecordedProgram {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly milliseconds: number
}

/** The programs the agent starts, as it starts them, written down. */
export class RecordedPrograms extends Context.Service<
  RecordedPrograms,
  {
    /** Those since the last call, in order. */
    readonly take: Effect.Effect<ReadonlyArray<RecordedProgram>>
  }
>()("patchctl/bench/RecordedPrograms") {}

/** The agent's own `Subprocess`, and the record of it. */
export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const real = yield* Subprocess
    let record: ReadonlyArray<RecordedProgram> = []
    const run: Subprocess["Service"]["run"] = (request) =>
      Effect.suspend(() => {
        const start = performance.now()
        // One that is not there was only looked for.
        return Effect.tap(real.run(request), () =>
          Effect.sync(() => {
            const { program, args } = request
            record = [...record, { program, args, milliseconds: performance.now() - start }]
          }),
        )
      })
    const take = Effect.sync(() => {
      const taken = record
      record = []
      return taken
    })
    return Context.make(Subprocess, Subprocess.of({ run })).pipe(
      Context.add(RecordedPrograms, RecordedPrograms.of({ take })),
    )
  }),
).pipe(Layer.provide(NodeSubprocess.layer))

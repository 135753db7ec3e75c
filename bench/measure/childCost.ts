import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { performance } from "node:perf_hooks"
import { processorTimeOf } from "./processFigures.ts"

/** Wall and processor time in milliseconds. Processor time of children comes in ticks of 10. */
export interface Cost {
  readonly wall: number
  readonly own: number
  readonly children: number
}

/** A program of the comparison is not there. */
export class NotStarted extends Schema.TaggedError<NotStarted>()("NotStarted", {
  program: Schema.String,
  cause: Schema.Defect(),
}) {
  override get message() {
    return `${this.program} could not be started: this benchmark compares with it`
  }
}

/** What an effect costs, itself and in children that end before it does. Nothing else may start children meanwhile. */
export const costOf = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const before = yield* processorTimeOf("self")
  const processor = process.cpuUsage()
  const start = performance.now()
  const value = yield* effect
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(processor)
  const after = yield* processorTimeOf("self")
  const cost: Cost = {
    wall,
    own: (user + system) / 1000,
    children: after.childrenMilliseconds - before.childrenMilliseconds,
  }
  return { value, cost }
})

/** Runs a program as barely as Node can, and throws away what it says. Its exit code does not matter. */
export const runBare = (
  program: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv = process.env,
): Effect.Effect<void, NotStarted> =>
  Effect.callback((resume) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] })
    child.stdout.resume()
    child.stderr.resume()
    child.on("error", (cause) => resume(Effect.fail(new NotStarted({ program, cause }))))
    child.on("close", () => resume(Effect.void))
  })

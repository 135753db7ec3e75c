import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"

/** A program of ours that was started in the background; its output is in files, so it can outlive us. */
export interface Program {
  readonly name: string
  readonly pid: number
  readonly stdout: string
  readonly log: string
}

export class ProgramNotStarted extends Schema.TaggedError<ProgramNotStarted>()("ProgramNotStarted", {
  name: Schema.String,
}) {
  override get message() {
    return `${this.name} could not be started`
  }
}

/** Whether the process is there: signal 0 asks without disturbing. */
export const isRunning = ({ pid }: Program) =>
  Effect.sync(() => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  })

/** Starts one of our programs from source in a session of its own. */
export const startProgram = Effect.fn(function* (
  name: string,
  directory: string,
  args: ReadonlyArray<string>,
) {
  const stdout = `${directory}/stdout`
  const log = `${directory}/log`
  const pid = yield* Effect.sync(() => {
    const [out, err] = [openSync(stdout, "w"), openSync(log, "w")]
    const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", out, err] })
    child.unref()
    closeSync(out)
    closeSync(err)
    return child.pid
  })
  if (pid === undefined) return yield* new ProgramNotStarted({ name })
  const program: Program = { name, pid, stdout, log }
  return program
})

/** Asks it to stop and waits until it has. */
export const stopProgram = Effect.fn(function* (program: Program) {
  if (yield* isRunning(program)) yield* Effect.sync(() => process.kill(program.pid, "SIGTERM"))
  yield* isRunning(program).pipe(
    Effect.repeat({ while: (running) => running, schedule: Schedule.spaced("50 millis") }),
    Effect.timeoutOption("10 seconds"),
  )
})

/** The end of what it logged. */
export const lastWords = ({ log }: Program) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return (yield* files.readFileString(log)).trimEnd().split("\n").slice(-12).join("\n")
  }).pipe(Effect.orElseSucceed(() => ""))

import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execFile } from "node:child_process"

class Failed extends Schema.TaggedError<Failed>()("Failed", {
  program: Schema.String,
  stderr: Schema.String,
}) {
  override get message() {
    return `${this.program} failed: ${this.stderr}`
  }
}

/** Runs a program on this machine, outside every box, and answers its stdout. Any exit code but 0 fails. */
export const runOnHost = (program: string, ...args: ReadonlyArray<string>) =>
  Effect.callback<string, Failed>((resume) => {
    execFile(program, args, { maxBuffer: 64 * 1024 * 1024, timeout: 280_000 }, (error, stdout, stderr) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(new Failed({ program, stderr }))),
    )
  })

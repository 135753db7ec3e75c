import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execFile } from "node:child_process"

/** A package cannot be made. */
export class PackageError extends Schema.TaggedError<PackageError>()("PackageError", {
  what: Schema.String,
}) {
  override get message() {
    return this.what
  }
}

export interface ToolOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program of this machine and answers its stdout. */
export const runTool = (
  program: string,
  args: ReadonlyArray<string>,
  options: ToolOptions = {},
): Effect.Effect<string, PackageError> =>
  Effect.callback((resume) => {
    const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C.UTF-8", ...options.env }
    const settings = { ...options, env, timeout: 900_000, maxBuffer: 64 * 1024 * 1024 }
    execFile(program, args, settings, (cause, stdout, stderr) =>
      resume(
        cause === null
          ? Effect.succeed(stdout)
          : Effect.fail(
              new PackageError({
                what: `${program} ${args.join(" ")}: ${cause.message}\n${stdout}${stderr}`,
              }),
            ),
      ),
    )
  })

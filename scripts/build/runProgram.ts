import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { BuildError } from "./BuildError.ts"

/** Runs a program without anything of this environment, and answers its stdout. */
export const runProgram = (
  program: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<string, BuildError> =>
  Effect.callback((resume) => {
    const env = { PATCHCTL_STATE_DIRECTORY: "/nonexistent", LC_ALL: "C.UTF-8" }
    execFile(program, args, { env, timeout: 120_000 }, (cause, stdout, stderr) =>
      resume(
        cause === null
          ? Effect.succeed(stdout)
          : Effect.fail(new BuildError({ what: `${program} ${args.join(" ")} failed: ${stderr}`, cause })),
      ),
    )
  })

import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { openSync } from "node:fs"
import { NotStarted } from "../measure/childCost.ts"

/** Starts a program, its output in a file, and ends it with the scope; answers its process id. */
export const background = (
  program: string,
  args: ReadonlyArray<string>,
  log: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly pid: number; readonly kill: () => boolean }, NotStarted>((resume) => {
      const out = openSync(log, "w")
      const child = spawn(program, args, { env: { ...env }, stdio: ["ignore", out, out] })
      child.on("error", (cause) => resume(Effect.fail(new NotStarted({ program, cause }))))
      child.on("spawn", () =>
        resume(
          child.pid === undefined
            ? Effect.fail(new NotStarted({ program, cause: undefined }))
            : Effect.succeed({ pid: child.pid, kill: () => child.kill() }),
        ),
      )
    }),
    ({ kill }) => Effect.sync(kill),
  ).pipe(Effect.map(({ pid }) => pid))

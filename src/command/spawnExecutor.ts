import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Subprocess } from "../host/Subprocess.ts"
import { answerLimitBytes } from "../protocol/ExecutorMessages.ts"
import { askExecutor } from "./askExecutor.ts"
import { ExecutorClient, ExecutorUnavailable } from "./ExecutorClient.ts"

/** How this very program is started again as an executor. */
export interface ExecutorProgram {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

/**
 * Starts one executor per request with pipes: where there is no systemd, and the daemon runs as root. An executor is
 * never killed for taking long, because a package transaction must not be cut.
 */
export const spawnExecutor = (self: ExecutorProgram): Layer.Layer<ExecutorClient, never, Subprocess> =>
  Layer.effect(
    ExecutorClient,
    Effect.gen(function* () {
      const subprocess = yield* Subprocess
      return askExecutor(
        Effect.fnUntraced(function* ({ input, timeout, onLine }) {
          const { exitCode, stdout, stderr, truncated } = yield* subprocess
            .run({
              ...self,
              timeout,
              onTimeout: "leave",
              stdin: input,
              outputLimitBytes: answerLimitBytes,
              onLine,
            })
            .pipe(Effect.mapError((cause) => new ExecutorUnavailable({ detail: cause.message, cause })))
          return {
            text: stdout,
            otherwise: truncated
              ? `its answer has more than ${answerLimitBytes} bytes`
              : `exit code ${exitCode}${stderr === "" ? "" : `: ${stderr.trimEnd().slice(-400)}`}`,
          }
        }),
      )
    }),
  )

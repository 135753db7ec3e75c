import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { UnixSocket } from "../host/UnixSocket.ts"
import { answerLimitBytes } from "../protocol/ExecutorMessages.ts"
import { askExecutor } from "./askExecutor.ts"
import { ExecutorClient, ExecutorUnavailable } from "./ExecutorClient.ts"

const log = "see: journalctl -u 'patchctl-executor@*'"

/**
 * Asks the executor behind a socket. It is no child of ours: when we end, are restarted or give up waiting, it goes on,
 * and its answer comes with the next time the same command is handed over.
 */
export const connectExecutor = (path: string): Layer.Layer<ExecutorClient, never, UnixSocket> =>
  Layer.effect(
    ExecutorClient,
    Effect.gen(function* () {
      const socket = yield* UnixSocket
      return askExecutor(
        Effect.fnUntraced(function* (errand) {
          const { output, truncated } = yield* socket
            .ask({ path, outputLimitBytes: answerLimitBytes, ...errand })
            .pipe(
              Effect.mapError(
                (cause) => new ExecutorUnavailable({ detail: `${cause.message}; ${log}`, cause }),
              ),
            )
          return {
            text: output,
            otherwise: truncated
              ? `its answer has more than ${answerLimitBytes} bytes`
              : `the connection was closed without an answer; ${log}`,
          }
        }),
      )
    }),
  )

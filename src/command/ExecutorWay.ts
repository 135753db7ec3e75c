import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { Environment } from "../config/Environment.ts"

/** Where systemd listens for the daemon; `PATCHCTL_EXECUTOR_SOCKET` is for whoever else starts executors. */
const defaultSocket = "/run/patchctl/executor.sock"

/**
 * How the daemon reaches the side that may change this host, decided once at start. `socket`: systemd starts an executor
 * for each connection. `spawn`: the daemon is root and starts it itself. `in_process`: neither; nothing can be changed,
 * and commands that would are refused as `read_only`.
 */
export class ExecutorWay extends Context.Service<
  ExecutorWay,
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "spawn" }
  | { readonly kind: "in_process" }
>()("patchctl/command/ExecutorWay") {
  static readonly layer: Layer.Layer<ExecutorWay, never, FileSystem.FileSystem | Environment> = Layer.effect(
    ExecutorWay,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { userId, variables } = yield* Environment
      const path = variables["PATCHCTL_EXECUTOR_SOCKET"] ?? defaultSocket
      if (yield* Effect.orElseSucceed(files.exists(path), () => false)) return { kind: "socket", path }
      return userId === 0 ? { kind: "spawn" } : { kind: "in_process" }
    }),
  )
}

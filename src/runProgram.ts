import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"

/** A stop that was asked for (SIGTERM, SIGINT) is a success: systemd would call anything else a failure. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(
    Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
      ? 0
      : Runtime.getErrorExitCode(Cause.squash(exit.cause)),
  )

/** Runs a whole command line as this process: signals interrupt it, and its outcome is the exit code. */
export const runProgram = <A, E>(program: Effect.Effect<A, E>): void =>
  NodeRuntime.runMain(program, { disableErrorReporting: true, teardown })

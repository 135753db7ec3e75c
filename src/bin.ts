#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { program } from "./main.ts"

/** A stop that was asked for (SIGTERM, SIGINT) is a success: systemd would call anything else a failure. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(
    Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
      ? 0
      : Runtime.getErrorExitCode(Cause.squash(exit.cause)),
  )

NodeRuntime.runMain(program, { disableErrorReporting: true, teardown })

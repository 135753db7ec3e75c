#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Command from "effect/cli/Command"
import { controlPlane } from "./cli.ts"
import { reportFailure } from "./cli/reportFailure.ts"
import { teardown } from "./cli/exitCodes.ts"
import { version } from "./version.ts"

// stdout is for what a command prints.
const logging = Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])

controlPlane.pipe(
  Command.run({ version }),
  Effect.tapCause(reportFailure),
  Effect.provide(Layer.merge(NodeServices.layer, logging)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown }),
)

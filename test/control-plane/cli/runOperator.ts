import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import * as Command from "effect/cli/Command"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as TestConsole from "effect/testing/TestConsole"
import { controlPlane } from "../../../src/control-plane/cli.ts"
import { teardown } from "../../../src/control-plane/cli/exitCodes.ts"
import { reportFailure } from "../../../src/control-plane/cli/reportFailure.ts"

const pipe = Layer.mergeAll(
  NodeServices.layer,
  Stdio.layerTest({}),
  Layer.succeed(TerminalCapabilities, { canAnimate: false, canColor: false, canPrompt: false }),
)

/** What a command line of `patchctl-control-plane` prints and ends with when its output is piped. */
export const runOperator = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const console = yield* TestConsole.make
  const exit = yield* Command.runWith(controlPlane, { version: "1.2.3" })(args).pipe(
    Effect.tapCause(reportFailure),
    Effect.provide(pipe),
    Effect.provideService(Console.Console, console),
    Effect.exit,
  )
  return {
    exitCode: yield* Effect.callback<number>((resume) =>
      teardown(exit, (code) => resume(Effect.succeed(code))),
    ),
    stdout: (yield* console.logLines).join("\n"),
    stderr: (yield* console.errorLines).join("\n"),
  }
})

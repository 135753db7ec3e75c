import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import * as TestConsole from "effect/testing/TestConsole"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import { commandLine } from "../../src/cli/commandLine.ts"
import { root } from "../../src/cli/root.ts"

const pipe = (stdin: Stream.Stream<Uint8Array>) =>
  Layer.merge(
    NodeServices.layer,
    Layer.mergeAll(
      Stdio.layerTest({ stdin }),
      Layer.succeed(TerminalCapabilities, { canAnimate: false, canColor: false, canPrompt: false }),
    ),
  )

/** Runs a command line with its input and output piped; what it wrote and how it ended. */
export const runCommand = Effect.fnUntraced(function* <
  const Name extends string,
  Input,
  Context,
  E extends { readonly message: string },
  R,
>(
  command: Command.Command<Name, Input, Context, E, R>,
  args: ReadonlyArray<string>,
  stdin: Stream.Stream<Uint8Array> = Stream.empty,
) {
  const console = yield* TestConsole.make
  const exit = yield* Command.runWith(command, { version: "1.2.3" })(args).pipe(
    commandLine,
    Effect.provideService(Console.Console, console),
    Effect.provide(pipe(stdin)),
    Effect.exit,
  )
  const failure = Exit.findErrorOption(exit)
  return {
    exitCode: Option.isSome(failure) ? failure.value.exitCode : Exit.isSuccess(exit) ? 0 : 1,
    stdout: (yield* console.logLines).join("\n"),
    stderr: (yield* console.errorLines).join("\n"),
  }
})

/** Runs the command line with a single verb. */
export const runVerb = <const Name extends string, Input, Context, E extends { readonly message: string }, R>(
  verb: Command.Command<Name, Input, Context, E, R>,
  args: ReadonlyArray<string>,
  stdin?: Stream.Stream<Uint8Array>,
) => runCommand(root([verb]), args, stdin)

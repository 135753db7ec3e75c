import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import { Reported, usageExitCode } from "./exitCodes.ts"

const isShowHelp = (error: unknown): error is CliError.ShowHelp =>
  CliError.isCliError(error) && error._tag === "ShowHelp"

/** A wrong command line is told on stderr only, without the whole help on the stdout of a script. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          [
            ...event.errors.map(({ message }) => `patchctl: ${message}`),
            `See: ${event.commandPath.join(" ")} --help`,
          ].join("\n"),
        )
      : CliOutput.defaultPresenter.present(event),
}

const settings = Layer.merge(
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  CliOutput.layerPresenter(presenter),
)

/**
 * Goes around `Command.run`: prints the message of what failed on stderr, unless it was told already, and leaves
 * an error that carries nothing but the exit code.
 */
export const commandLine = <A, E extends { readonly message: string }, R>(
  program: Effect.Effect<A, E, R>,
): Effect.Effect<A, Reported, R> =>
  program.pipe(
    Effect.catch(
      Effect.fnUntraced(function* (error: E) {
        if (isShowHelp(error)) {
          return yield* new Reported({ exitCode: error.errors.length === 0 ? 0 : usageExitCode })
        }
        if (Runtime.getErrorReported(error)) {
          yield* Console.error(`patchctl: ${error.message.replaceAll("\n", "\npatchctl: ")}`)
        }
        return yield* new Reported({ exitCode: Runtime.getErrorExitCode(error) })
      }),
    ),
    Effect.provide(settings),
  )

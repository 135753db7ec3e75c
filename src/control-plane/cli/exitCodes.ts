import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as CliError from "effect/cli/CliError"

/** Exit codes of the operator's commands, as in sysexits(3) where it has one. */
export const exitCodes = {
  failed: 1,
  usage: 64,
  notFound: 66,
  unreachable: 69,
  waited: 75,
  refused: 77,
} as const

const meanings: Record<keyof typeof exitCodes, string> = {
  failed: "failed; stderr says why",
  usage: "the command line is wrong",
  notFound: "no such server, scan or command",
  unreachable: "the control plane cannot be reached, or not be trusted",
  waited: "no result within --wait",
  refused: "the operator token is refused or lacks a scope",
}

/** The last lines of a command's help. */
export const exitCodesText = (...codes: ReadonlyArray<keyof typeof exitCodes>): string =>
  [
    "Exit codes:",
    "     0  done",
    ...codes.map((code) => `${String(exitCodes[code]).padStart(6)}  ${meanings[code]}`),
  ].join("\n")

/** A stop that was asked for (SIGTERM, SIGINT) is a success. */
export const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return onExit(0)
  const error = Cause.squash(exit.cause)
  if (CliError.isCliError(error) && error._tag === "ShowHelp" && error.errors.length > 0) {
    return onExit(exitCodes.usage)
  }
  return onExit(Runtime.getErrorExitCode(error))
}

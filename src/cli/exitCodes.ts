import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import { configExitCode } from "../config/ConfigError.ts"

/** What a verb's exit codes mean. */
export type ExitCodes = Readonly<Record<number, string>>

/** EX_USAGE of sysexits(3). */
export const usageExitCode = 64

/** Every verb. */
export const usageCodes: ExitCodes = { [usageExitCode]: "the command line is wrong" }

/** Verbs that do nothing without a valid configuration. */
export const configCodes: ExitCodes = { [configExitCode]: "the configuration is wrong" }

/** 3 and 4 as `systemctl status` has them. */
export const statusExitCodes = {
  0: "running and healthy",
  1: "running, but something is wrong",
  3: "not running",
  4: "unknown: no status to be found",
} as const

export const scanExitCodes = {
  0: "the scan is complete, with or without updates or vulnerabilities",
  1: "the inventory, the root or the feed cannot be used",
  2: "the scan is partial: it may have missed something",
} as const

export const selftestExitCodes = {
  0: "no check failed",
  1: "at least one check failed",
} as const

export const updateExitCodes = {
  0: "up to date, updated, or not to be updated here",
  1: "not updated; the log and patchctl status say why",
  75: "not now: a command or another update is being carried out, or the server cannot be reached",
} as const

/** The last lines of a verb's help: its own codes and those it shares with others. */
export const exitCodesText = (
  own: ExitCodes,
  shared: ExitCodes = { ...usageCodes, ...configCodes },
): string =>
  [
    "Exit codes:",
    ...Object.entries({ ...own, ...shared }).map(([code, meaning]) => `${code.padStart(6)}  ${meaning}`),
  ].join("\n")

/** An outcome that has been printed already and only sets the exit code. */
export class Reported extends Schema.TaggedError<Reported>()("Reported", { exitCode: Schema.Int }) {
  override readonly [Runtime.errorExitCode] = this.exitCode
  override readonly [Runtime.errorReported] = false
  override get message() {
    return `exit code ${this.exitCode}`
  }
}

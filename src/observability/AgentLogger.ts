import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as References from "effect/References"
import type { AgentConfigFile } from "../config/AgentConfig.ts"
import { Environment } from "../config/Environment.ts"
import { intoFiles } from "./logFiles.ts"
import { logLine } from "./logLine.ts"

const minimumLevels = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
} as const satisfies Record<AgentConfigFile["log_level"], LogLevel.LogLevel>

/** syslog(3) priorities in the notation of sd-daemon(3). */
const journalPriority: Record<LogLevel.LogLevel, string> = {
  All: "<7>",
  Trace: "<7>",
  Debug: "<7>",
  Info: "<6>",
  Warn: "<4>",
  Error: "<3>",
  Fatal: "<2>",
  None: "<7>",
}

/**
 * Whether stderr is the journal's stream: systemd.exec(5) gives its device and inode in JOURNAL_STREAM, which a
 * program inherits even where its stderr was sent elsewhere.
 */
const stderrIsJournal = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { variables } = yield* Environment
  const stderr = yield* fs.stat("/proc/self/fd/2")
  return variables["JOURNAL_STREAM"] === `${stderr.dev}:${Option.getOrElse(stderr.ino, () => 0n)}`
}).pipe(Effect.orElseSucceed(() => false))

const make = (level: AgentConfigFile["log_level"], journal: boolean) => {
  const debug = level === "debug" || level === "trace"
  return Logger.make<unknown, string>(({ message, cause, date, fiber, logLevel }) => {
    const { event, fields } = logLine(
      {
        message: Array.isArray(message) ? message : [message],
        cause,
        annotations: fiber.getRef(References.CurrentLogAnnotations),
      },
      debug,
    )
    const line = journal
      ? `${journalPriority[logLevel]}${event}`
      : `time=${date.toISOString()} level=${logLevel.toLowerCase()} event=${event}`
    return fields === "" ? line : `${line} ${fields}`
  })
}

/**
 * One line per event on stderr. In the journal: sd-daemon(3)'s priority, the event's name, its fields; elsewhere time and
 * level come first, all in logfmt. With a `directory`, the latter in files there as well. Stacks are printed at `debug`
 * and `trace` only.
 */
export const layer = (
  level: AgentConfigFile["log_level"],
  directory?: string,
): Layer.Layer<never, never, Environment | FileSystem.FileSystem> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const stderr = Logger.withConsoleError(make(level, yield* stderrIsJournal))
      const files = directory === undefined ? [] : [intoFiles(make(level, false), directory)]
      return Layer.merge(
        Logger.layer([stderr, ...files]),
        Layer.succeed(References.MinimumLogLevel, minimumLevels[level]),
      )
    }),
  )

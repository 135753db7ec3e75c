import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/** EX_CONFIG of sysexits(3). systemd must not restart on it: nothing changes until somebody edits the file. */
export const configExitCode = 78

/**
 * One thing wrong with the configuration, in words for an operator. It never holds a value: what was found is
 * told as a kind of value, because any value may turn out to be the licence key in the wrong place.
 */
export const ConfigProblem = Schema.Struct({
  /** The file, or the environment variable. */
  where: Schema.String,
  /** The key it is about, with an index inside a list: `pins[1]`. */
  key: Schema.optionalKey(Schema.String),
  /** Follows the key, or stands alone: "is text". */
  fault: Schema.String,
  remedy: Schema.String,
})
export type ConfigProblem = typeof ConfigProblem.Type

/** One problem as one line. */
export const problemLine = (problem: ConfigProblem): string =>
  `${problem.where}: ${problem.key === undefined ? "" : `${problem.key} `}${problem.fault}; ${problem.remedy}`

/** The configuration cannot be used. Holds everything that is wrong with it, so that one round of mending is enough. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", {
  problems: Schema.Array(ConfigProblem),
}) {
  override readonly [Runtime.errorExitCode] = configExitCode
  override get message() {
    return this.problems.map(problemLine).join("\n")
  }
}

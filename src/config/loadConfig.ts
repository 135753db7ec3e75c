import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { AgentConfig, defaultConfigPath, type LoadedConfig } from "./AgentConfig.ts"
import { ConfigError, type ConfigProblem, problemLine } from "./ConfigError.ts"
import { decodeConfig, type DecodedConfig, type RawObject } from "./decodeConfig.ts"
import { Environment } from "./Environment.ts"
import { jsonFault } from "./jsonFault.ts"
import { readConfigFile } from "./readConfigFile.ts"

const decodeObject = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)),
)

/** The name under which `LoadCredential=config.json:/etc/patchctl/config.json` hands the file to the service. */
const credentialOf = (variables: Environment["Service"]["variables"]): string | undefined => {
  const directory = variables["CREDENTIALS_DIRECTORY"]
  return directory === undefined || directory === "" ? undefined : `${directory}/config.json`
}

/** The file to read: the flag's, `$PATCHCTL_CONFIG`, the credential systemd hands over, or the default. */
export const findConfig = Effect.fnUntraced(function* (flag: Option.Option<string>) {
  const { variables } = yield* Environment
  const files = yield* FileSystem.FileSystem
  if (flag._tag === "Some") return flag.value
  const named = variables["PATCHCTL_CONFIG"] ?? ""
  if (named !== "") return named
  const credential = credentialOf(variables)
  if (credential === undefined) return defaultConfigPath
  const given = yield* files.exists(credential).pipe(Effect.orElseSucceed(() => false))
  return given ? credential : defaultConfigPath
})

const parseObject = (path: string, text: string): Result.Result<RawObject, ConfigProblem> =>
  Result.mapError(decodeObject(text), () => {
    const fault = jsonFault(text)
    return fault === undefined
      ? { where: path, fault: "does not hold a JSON object", remedy: 'write {"license_key": "pk_live_…"}' }
      : {
          where: `${path}:${fault.line}:${fault.column}`,
          fault: "is not JSON from here on",
          remedy: fault.expected,
        }
  })

const unparsed = (problem: ConfigProblem): DecodedConfig => ({ result: Result.fail([problem]), warnings: [] })

/** The configuration and what is odd but harmless about it. */
export interface ConfigAndWarnings {
  readonly config: LoadedConfig
  readonly warnings: ReadonlyArray<ConfigProblem>
}

/**
 * Reads and decodes the configuration; fails with every problem at once. `PATCHCTL_` variables beat the file. The
 * default file may be absent where `PATCHCTL_LICENSE_KEY` is set, so that a container needs no file; a file that
 * was named must be there, lest a typing error drop its pins.
 */
export const loadConfig = Effect.fn("loadConfig")(function* (
  path: string,
  { variables, userId }: Environment["Service"],
): Effect.fn.Return<ConfigAndWarnings, ConfigError, FileSystem.FileSystem> {
  const files = yield* FileSystem.FileSystem
  const withoutFile =
    path === defaultConfigPath &&
    (variables["PATCHCTL_LICENSE_KEY"] ?? "") !== "" &&
    !(yield* files.exists(path).pipe(Effect.orElseSucceed(() => true)))
  const read = withoutFile
    ? { text: "{}", problems: [] }
    : yield* readConfigFile(path, { userId, credential: path === credentialOf(variables) })

  const { result, warnings } = Result.match(parseObject(path, read.text), {
    onFailure: unparsed,
    onSuccess: (file) => decodeConfig(path, file, variables),
  })
  const problems = [...read.problems, ...(Result.isFailure(result) ? result.failure : [])]
  if (Result.isFailure(result) || problems.length > 0) return yield* new ConfigError({ problems })
  return { config: { ...result.success, path }, warnings }
})

/** The configuration from the file that `findConfig` finds; warnings are logged. */
export const layerFile = (
  flag: Option.Option<string>,
): Layer.Layer<AgentConfig, ConfigError, FileSystem.FileSystem | Environment> =>
  Layer.effect(
    AgentConfig,
    Effect.gen(function* () {
      const { config, warnings } = yield* loadConfig(yield* findConfig(flag), yield* Environment)
      yield* Effect.forEach(warnings, (warning) => Effect.logWarning("config.warning", problemLine(warning)))
      return config
    }),
  )

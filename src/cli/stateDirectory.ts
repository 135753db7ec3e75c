import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { defaultStateDirectory } from "../config/AgentConfig.ts"
import { Environment } from "../config/Environment.ts"
import { findConfig, loadConfig } from "../config/loadConfig.ts"
import { ConfigFlag } from "./ConfigFlag.ts"

/** The flag's directory, else the configuration's where this user may read it, else the default. */
export const stateDirectory = Effect.fnUntraced(function* (flag: Option.Option<string>) {
  if (Option.isSome(flag)) return flag.value
  const environment = yield* Environment
  const fallback = environment.variables["PATCHCTL_STATE_DIRECTORY"] ?? defaultStateDirectory
  return yield* loadConfig(yield* findConfig(yield* ConfigFlag), environment).pipe(
    Effect.map(({ config }) => config.state_directory),
    Effect.catchTag("ConfigError", () => Effect.succeed(fallback)),
  )
})

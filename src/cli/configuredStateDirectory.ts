import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { defaultStateDirectory } from "../config/AgentConfig.ts"
import { Environment } from "../config/Environment.ts"
import { findConfig, loadConfig } from "../config/loadConfig.ts"

/** The state directory of the configuration, named by `--config` or found, where this user may read it; else the default. */
export const configuredStateDirectory = Effect.fnUntraced(function* (configFlag: Option.Option<string>) {
  const environment = yield* Environment
  const fallback = environment.variables["PATCHCTL_STATE_DIRECTORY"] ?? defaultStateDirectory
  return yield* loadConfig(yield* findConfig(configFlag), environment).pipe(
    Effect.map(({ config }) => config.state_directory),
    Effect.catchTag("ConfigError", () => Effect.succeed(fallback)),
  )
})

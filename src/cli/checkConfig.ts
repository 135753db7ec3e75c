import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LoadedConfig } from "../config/AgentConfig.ts"
import type { ConfigProblem } from "../config/ConfigError.ts"
import { Environment } from "../config/Environment.ts"
import { loadConfig } from "../config/loadConfig.ts"
import type { SelfCheck } from "../domain/SelfCheck.ts"

const told = (outcome: "failed" | "warning") => (problem: ConfigProblem) => ({
  name: "config" as const,
  outcome,
  detail: `${problem.where}: ${problem.key === undefined ? "" : `${problem.key} `}${problem.fault}`,
  remedy: problem.remedy,
})

/** Reads the configuration as the agent would; one result for each thing that is wrong with it. */
export const checkConfig = Effect.fnUntraced(function* (path: string) {
  return yield* loadConfig(path, yield* Environment).pipe(
    Effect.map(({ config, warnings }): readonly [ReadonlyArray<SelfCheck>, Option.Option<LoadedConfig>] => [
      warnings.length > 0
        ? warnings.map(told("warning"))
        : [{ name: "config", outcome: "ok", detail: `${path} is valid` }],
      Option.some(config),
    ]),
    Effect.catchTag("ConfigError", ({ problems }) =>
      Effect.succeed<readonly [ReadonlyArray<SelfCheck>, Option.Option<LoadedConfig>]>([
        problems.map(told("failed")),
        Option.none(),
      ]),
    ),
  )
})

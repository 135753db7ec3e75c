import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as HttpClient from "effect/http/HttpClient"
import type { AgentConfig } from "../../config/AgentConfig.ts"
import type { ConfigError } from "../../config/ConfigError.ts"
import type { Environment } from "../../config/Environment.ts"
import { idleConnectionTimeout } from "../../schedules.ts"
import { connectionSettings } from "./connectionSettings.ts"

/**
 * The one HTTP client of the agent, over node:https: undici or fetch would add some 20 MB to the daemon. It keeps
 * connections for as long as `idle`, resumes TLS sessions after that, and follows no redirect.
 */
export const layerIdle = (
  idle: Duration.Duration,
): Layer.Layer<HttpClient.HttpClient, ConfigError, AgentConfig | Environment | FileSystem.FileSystem> =>
  NodeHttpClient.layerNodeHttpNoAgent.pipe(
    Layer.provide(
      Layer.unwrap(
        Effect.map(connectionSettings, (settings) =>
          NodeHttpClient.layerAgentOptions({
            ...settings,
            // Of a request under way Node only says that it was silent for so long: that ends nothing.
            timeout: Duration.toMillis(idle),
          }),
        ),
      ),
    ),
  )

export const layer = layerIdle(idleConnectionTimeout)

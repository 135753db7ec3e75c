import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { AgentConfig } from "../../config/AgentConfig.ts"
import type { ConfigError } from "../../config/ConfigError.ts"
import type { Environment } from "../../config/Environment.ts"
import { releasePath, releaseTargetPath } from "../../protocol/agentPaths.ts"
import { controlPlaneRetry, releaseDownloadTimeout, requestTimeout } from "../../schedules.ts"
import { ReleaseFiles } from "../ReleaseFiles.ts"
import { eachWithin, readBytes } from "./bodies.ts"
import { callUrl, makeRequest } from "./exchange.ts"
import { asTheyAre, oddRefusals, publicFile } from "./publicFile.ts"

/** `ReleaseFiles` by HTTPS, through the one client of the agent: proxy, authorities and pins are those of everything else. */
export const layer: Layer.Layer<
  ReleaseFiles,
  ConfigError,
  HttpClient.HttpClient | AgentConfig | Environment | FileSystem.FileSystem
> = Layer.effect(
  ReleaseFiles,
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const { api_url } = yield* AgentConfig
    const brief = yield* makeRequest(requestTimeout)
    const long = yield* makeRequest(releaseDownloadTimeout)
    const get = (path: string) =>
      HttpClientRequest.get(callUrl(api_url, path)).pipe(HttpClientRequest.setHeader(...asTheyAre))

    return ReleaseFiles.of({
      metadata: Effect.fn("ReleaseFiles.metadata")(function* (file, limitBytes) {
        return yield* brief(
          get(releasePath(file)),
          Effect.fnUntraced(function* (response) {
            const found = yield* publicFile(response)
            return found === "absent"
              ? Option.none()
              : Option.some(yield* readBytes(found.stream, limitBytes))
          }),
        ).pipe(Effect.catchTags(oddRefusals), Effect.retry(controlPlaneRetry))
      }),
      // Not tried again here: whoever asks counts how often this goes wrong.
      executable: Effect.fn("ReleaseFiles.executable")(function* (file, limitBytes, path) {
        return yield* long(
          get(releaseTargetPath(file)),
          Effect.fnUntraced(function* (response) {
            const found = yield* publicFile(response)
            if (found === "absent") return false
            const written = yield* files.open(path, { flag: "wx", mode: 0o600 })
            yield* eachWithin(found.stream, limitBytes, (piece) => written.writeAll(piece))
            yield* written.sync
            return true
          }, Effect.scoped),
        ).pipe(Effect.catchTags(oddRefusals))
      }),
    })
  }),
)

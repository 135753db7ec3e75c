import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { AgentConfig } from "../../config/AgentConfig.ts"
import type { ConfigError } from "../../config/ConfigError.ts"
import type { Environment } from "../../config/Environment.ts"
import { feedPath } from "../../protocol/agentPaths.ts"
import { controlPlaneRetry, feedDownloadTimeout } from "../../schedules.ts"
import { type FeedDownload, FeedSource } from "../FeedSource.ts"
import { readBytes } from "./bodies.ts"
import { callUrl, makeRequest } from "./exchange.ts"
import type { RequestPolicy } from "./HttpsControlPlane.ts"
import { asTheyAre, oddRefusals, publicFile } from "./publicFile.ts"

const absent: FeedDownload = { kind: "absent" }
const unchanged: FeedDownload = { kind: "unchanged" }

const take = (limitBytes: number) =>
  Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
    if (response.status === 304) return unchanged
    const found = yield* publicFile(response)
    if (found === "absent") return absent
    const etag = found.headers["etag"]
    const bytes = yield* readBytes(found.stream, limitBytes)
    const file: FeedDownload = { kind: "file", bytes, ...(etag !== undefined && { etag }) }
    return file
  })

/** `FeedSource` by HTTPS under any policy; `layer` has the one of the product. */
export const layerPolicy = (
  policy: RequestPolicy,
): Layer.Layer<FeedSource, ConfigError, HttpClient.HttpClient | AgentConfig | Environment> =>
  Layer.effect(
    FeedSource,
    Effect.gen(function* () {
      const { api_url } = yield* AgentConfig
      const send = yield* makeRequest(policy.timeout)

      return FeedSource.of({
        download: Effect.fn("FeedSource.download")(function* (file, { limitBytes, etag }) {
          const request = HttpClientRequest.get(callUrl(api_url, feedPath(file))).pipe(
            HttpClientRequest.setHeader(...asTheyAre),
            etag === undefined ? (same) => same : HttpClientRequest.setHeader("if-none-match", etag),
          )
          return yield* send(request, take(limitBytes)).pipe(
            Effect.catchTags(oddRefusals),
            Effect.retry(policy.retry),
          )
        }),
      })
    }),
  )

export const layer = layerPolicy({ timeout: feedDownloadTimeout, retry: controlPlaneRetry })

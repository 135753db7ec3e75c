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
import { RequestFailed } from "../ControlPlane.ts"
import { type FeedDownload, FeedSource } from "../FeedSource.ts"
import { readBody, readBytes } from "./bodies.ts"
import { callUrl, isSuccess, makeRequest, refused } from "./exchange.ts"
import type { RequestPolicy } from "./HttpsControlPlane.ts"

const absent: FeedDownload = { kind: "absent" }
const unchanged: FeedDownload = { kind: "unchanged" }

const take = (limitBytes: number) =>
  Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
    if (response.status === 304) return unchanged
    // What is said about it is read all the same, or the connection could not be used again.
    if (response.status === 404) return yield* Effect.as(readBody(response), absent)
    if (!isSuccess(response)) return yield* refused(response)
    const coding = response.headers["content-encoding"] ?? "identity"
    if (coding !== "identity") {
      return yield* new RequestFailed({
        code: "response_malformed",
        retryable: false,
        detail: `something on the way packed the file by ${coding.slice(0, 20)}, which was not asked for`,
      })
    }
    const etag = response.headers["etag"]
    const bytes = yield* readBytes(response.stream, limitBytes)
    const file: FeedDownload = { kind: "file", bytes, ...(etag !== undefined && { etag }) }
    return file
  })

/** Whoever asks without a key cannot be told that it is the wrong one. */
const oddRefusal = () =>
  Effect.fail(
    new RequestFailed({
      code: "rejected",
      retryable: false,
      detail: "the server asks for credentials, which feeds do not need: check api_url and the proxy",
    }),
  )

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
            // Feeds are compressed already, and it is their bytes that are signed.
            HttpClientRequest.setHeader("accept-encoding", "identity"),
            etag === undefined ? (same) => same : HttpClientRequest.setHeader("if-none-match", etag),
          )
          return yield* send(request, take(limitBytes)).pipe(
            Effect.catchTags({
              LicenseKeyRefused: oddRefusal,
              AgentRefused: oddRefusal,
              SnapshotRefused: oddRefusal,
            }),
            Effect.retry(policy.retry),
          )
        }),
      })
    }),
  )

export const layer = layerPolicy({ timeout: feedDownloadTimeout, retry: controlPlaneRetry })

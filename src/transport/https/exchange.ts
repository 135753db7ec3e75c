import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { agentVersion } from "../../agentVersion.ts"
import { AgentConfig } from "../../config/AgentConfig.ts"
import { RequestFailed, type TlsRefused } from "../ControlPlane.ts"
import { readBody } from "./bodies.ts"
import { connectionFailure } from "./connectionFailure.ts"
import { proxyFor, readProxy } from "./proxy.ts"
import { refusal } from "./refusal.ts"
import { sendingBody } from "./sendingBody.ts"

const userAgent = { "user-agent": `patchctl-agent/${agentVersion}` }

/** The address of one call below `api_url`, which may have a path of its own. */
export const callUrl = (apiUrl: string, path: string) => `${apiUrl.replace(/\/+$/, "")}${path}`

/**
 * Builds the function that sends one request to the control plane and lets `take` read the answer. From connecting to the
 * last byte it has `timeout` and the time for the bytes it sends.
 */
export const makeRequest = Effect.fnUntraced(function* (timeout: Duration.Duration) {
  const client = yield* HttpClient.HttpClient
  const config = yield* AgentConfig
  const url = new URL(config.api_url)
  const proxy = proxyFor(yield* readProxy, url)

  const tooLate = (allowed: Duration.Duration) =>
    new RequestFailed({
      code: "timed_out",
      retryable: true,
      detail: `${url.host} took longer than ${Duration.format(allowed)}`,
    })
  const broken = (error: HttpClientError.HttpClientError): TlsRefused | RequestFailed =>
    connectionFailure(error.cause, url.host, proxy)

  return Effect.fnUntraced(function* <A, E>(
    request: HttpClientRequest.HttpClientRequest,
    take: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, E>,
  ) {
    const sending = yield* sendingBody(HttpClientRequest.setHeaders(request, userAgent), timeout)
    return yield* client.execute(sending.request).pipe(
      Effect.flatMap(take),
      Effect.catchIf(HttpClientError.isHttpClientError, (error) => Effect.fail(broken(error))),
      // Trace headers cost 200 bytes a beat; they are worth it where somebody collects traces.
      Effect.provideService(HttpClient.TracerPropagationEnabled, config.otlp_url !== undefined),
      Effect.raceFirst(Effect.flatMap(sending.late, tooLate)),
    )
  })
})

/** Fails with what an answer other than 2xx means. */
export const refused = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const answer = { status: response.status, headers: response.headers, body: yield* readBody(response) }
  return yield* refusal(answer, yield* DateTime.now)
})

export const isSuccess = ({ status }: HttpClientResponse.HttpClientResponse) => status >= 200 && status < 300

/**
 * Builds the function that sends one request to the control plane and brings back the text of a 2xx answer. Everything
 * else is one of the errors of `ControlPlane`.
 */
export const makeExchange = Effect.fnUntraced(function* (timeout: Duration.Duration) {
  const send = yield* makeRequest(timeout)
  return (request: HttpClientRequest.HttpClientRequest) =>
    send(HttpClientRequest.setHeader(request, "accept-encoding", "gzip"), (response) =>
      isSuccess(response) ? readBody(response) : refused(response),
    )
})

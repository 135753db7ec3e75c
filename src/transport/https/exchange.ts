import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { agentVersion } from "../../agentVersion.ts"
import { AgentConfig } from "../../config/AgentConfig.ts"
import { RequestFailed } from "../ControlPlane.ts"
import { readBody } from "./bodies.ts"
import { connectionFailure } from "./connectionFailure.ts"
import { proxyFor, readProxy } from "./proxy.ts"
import { refusal } from "./refusal.ts"

const common = { "user-agent": `patchctl-agent/${agentVersion}`, "accept-encoding": "gzip" }

/** The address of one call below `api_url`, which may have a path of its own. */
export const callUrl = (apiUrl: string, path: string) => `${apiUrl.replace(/\/+$/, "")}${path}`

/**
 * Builds the function that sends one request to the control plane and brings back the text of a 2xx answer, within
 * `timeout` from connecting to the last byte. Everything else is one of the errors of `ControlPlane`.
 */
export const makeExchange = Effect.fnUntraced(function* (timeout: Duration.Duration) {
  const client = yield* HttpClient.HttpClient
  const config = yield* AgentConfig
  const url = new URL(config.api_url)
  const proxy = proxyFor(yield* readProxy, url)

  const tooLate = new RequestFailed({
    code: "timed_out",
    retryable: true,
    detail: `${url.host} took longer than ${Duration.format(timeout)}`,
  })

  return (request: HttpClientRequest.HttpClientRequest) =>
    Effect.gen(function* () {
      const response = yield* client.execute(HttpClientRequest.setHeaders(request, common))
      const answer = { status: response.status, headers: response.headers, body: yield* readBody(response) }
      if (answer.status >= 200 && answer.status < 300) return answer.body
      return yield* refusal(answer, yield* DateTime.now)
    }).pipe(
      Effect.catchTag("HttpClientError", (error) =>
        Effect.fail(connectionFailure(error.cause, url.host, proxy)),
      ),
      // Trace headers cost 200 bytes a beat; they are worth it where somebody collects traces.
      Effect.provideService(HttpClient.TracerPropagationEnabled, config.otlp_url !== undefined),
      Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(tooLate) }),
    )
})

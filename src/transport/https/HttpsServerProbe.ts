import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { lookup } from "node:dns/promises"
import { AgentConfig, type LoadedConfig } from "../../config/AgentConfig.ts"
import type { ConfigError } from "../../config/ConfigError.ts"
import type { Environment } from "../../config/Environment.ts"
import { agentPaths } from "../../protocol/agentPaths.ts"
import { requestTimeout } from "../../schedules.ts"
import { RequestFailed } from "../ControlPlane.ts"
import { ServerProbe } from "../ServerProbe.ts"
import { connectionChecks, type Findings, unusableConfig } from "./connectionChecks.ts"
import { connectionFailure } from "./connectionFailure.ts"
import { connectionSettings } from "./connectionSettings.ts"
import { callUrl, makeExchange } from "./exchange.ts"
import * as HttpsClient from "./HttpsClient.ts"
import { inspectConnection } from "./inspectConnection.ts"
import { proxyFor, readProxy } from "./proxy.ts"

/** Resolves the first name on the way, then connects once. */
const find = Effect.fnUntraced(function* (timeout: Duration.Duration) {
  const url = new URL((yield* AgentConfig).api_url)
  const settings = yield* connectionSettings
  const proxy = proxyFor(yield* readProxy, url)
  const host = proxy?.hostname ?? url.hostname.replace(/^\[|\]$/g, "")
  const problemOf = (cause: unknown) => connectionFailure(cause, url.host, proxy)

  const resolve = Effect.tryPromise({
    try: () => lookup(host, { all: true }),
    catch: (cause) => connectionFailure(cause, host, undefined),
  })
  const connect = inspectConnection(settings, url).pipe(
    Effect.mapError(problemOf),
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(connectionFailure({ code: "ETIMEDOUT" }, url.host, undefined)),
    }),
  )

  const resolved = yield* Effect.result(resolve)
  if (Result.isFailure(resolved)) return { host, addresses: [], problem: resolved.failure } satisfies Findings
  const addresses = resolved.success.map(({ address }) => address)
  const connected = yield* Effect.result(connect)
  if (Result.isFailure(connected)) return { host, addresses, problem: connected.failure } satisfies Findings
  const inspection = connected.success
  return {
    host,
    addresses,
    inspection,
    ...(inspection.refused === undefined ? {} : { problem: problemOf({ code: inspection.refused }) }),
  } satisfies Findings
})

/** Answers that a server gives only to a request whose licence key it has accepted: it then misses the body. */
const pastTheKey = (status: number | undefined) => status === 400 || status === 422

/** Enrols nothing: the body is empty, but a server looks at the key first. */
const askLicense = Effect.fnUntraced(function* (timeout: Duration.Duration) {
  const config = yield* AgentConfig
  const exchange = yield* makeExchange(timeout)
  const request = HttpClientRequest.post(callUrl(config.api_url, agentPaths.enrol)).pipe(
    HttpClientRequest.bodyText("{}", "application/json"),
    HttpClientRequest.bearerToken(config.license_key),
  )
  yield* exchange(request).pipe(
    Effect.catchTags({
      AgentRefused: () => Effect.void,
      SnapshotRefused: () => Effect.void,
      RequestFailed: (failed) => (pastTheKey(failed.status) ? Effect.void : Effect.fail(failed)),
    }),
  )
})

const notConfigured = ({ message }: ConfigError) =>
  Effect.fail(new RequestFailed({ code: "rejected", retryable: false, detail: message }))

/** `ServerProbe` under any time limit; `layer` has the one of requests. */
export const layerTimeout = (
  timeout: Duration.Duration,
): Layer.Layer<ServerProbe, never, Environment | FileSystem.FileSystem> =>
  Layer.effect(
    ServerProbe,
    Effect.gen(function* () {
      const context = yield* Effect.context<Environment | FileSystem.FileSystem>()
      const under =
        (config: LoadedConfig) =>
        <A, E>(effect: Effect.Effect<A, E, AgentConfig | Environment | FileSystem.FileSystem>) =>
          effect.pipe(Effect.provideService(AgentConfig, config), Effect.provideContext(context))

      return ServerProbe.of({
        connection: Effect.fn("ServerProbe.connection")(function* (config: LoadedConfig) {
          return yield* find(timeout).pipe(
            under(config),
            Effect.flatMap((findings) =>
              Effect.map(DateTime.now, (now) => connectionChecks(findings, config.pins, now)),
            ),
            Effect.catchTag("ConfigError", (error) => Effect.succeed(unusableConfig(error.message))),
          )
        }),
        license: Effect.fn("ServerProbe.license")(function* (config: LoadedConfig) {
          return yield* askLicense(timeout).pipe(
            Effect.provide(HttpsClient.layer),
            under(config),
            Effect.catchTag("ConfigError", notConfigured),
          )
        }),
      })
    }),
  )

export const layer = layerTimeout(requestTimeout)

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { AgentConfig, AgentConfigFile } from "../../src/config/AgentConfig.ts"
import * as Telemetry from "../../src/observability/Telemetry.ts"

const secret = "pk_live_Abcdefgh12345678"

/** A collector behind the agent's client that keeps what it is sent and answers with `status`. */
const collector = (status: number) => {
  const received: Array<{ readonly url: string; readonly body: string }> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      received.push({ url: url.href, body })
      return HttpClientResponse.fromWeb(request, new Response("{}", { status }))
    }),
  )
  return { received, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const config = (otlp: Readonly<Record<string, string>>) =>
  Layer.effect(
    AgentConfig,
    Effect.map(Schema.decodeEffect(AgentConfigFile)({ license_key: secret, ...otlp }), (file) => ({
      ...file,
      path: "/etc/patchctl/config.json",
    })),
  )

/** One beat as the agent makes it: a span, a metric, and an authorised request through the same client. */
const beat = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  yield* Metric.update(Metric.counter("patchctl.beats"), 1)
  yield* client.execute(
    HttpClientRequest.bearerToken(
      HttpClientRequest.get("https://api.example/v1/heartbeats"),
      Redacted.make(secret),
    ),
  )
}).pipe(Effect.withSpan("heartbeat"), Effect.scoped)

const run = (otlp: Readonly<Record<string, string>>, status = 200) => {
  const { received, layer } = collector(status)
  return Effect.gen(function* () {
    yield* beat
    yield* TestClock.adjust("2 minutes")
    return received.filter(({ url }) => !url.startsWith("https://api.example/"))
  }).pipe(
    Effect.provide(Telemetry.layer("1.2.3").pipe(Layer.provide(config(otlp)), Layer.provideMerge(layer))),
  )
}

describe("Telemetry", () => {
  it.effect("sends nothing without otlp_url", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run({}), [])
    }),
  )

  it.effect("sends traces and metrics below otlp_url, naming the agent and its version", () =>
    Effect.gen(function* () {
      const sent = yield* run({ otlp_url: "https://otel.example/collect/" })
      const to = (path: string) => sent.filter(({ url }) => url === `https://otel.example/collect${path}`)
      assert.strictEqual(sent.length, to("/v1/traces").length + to("/v1/metrics").length)
      assert.include(to("/v1/traces")[0]?.body, '"heartbeat"')
      assert.include(to("/v1/metrics")[0]?.body, '"patchctl.beats"')
      for (const { body } of sent) {
        assert.include(body, '{"key":"service.name","value":{"stringValue":"patchctl-agent"}}')
        assert.include(body, '{"key":"service.version","value":{"stringValue":"1.2.3"}}')
      }
    }),
  )

  it.effect("traces no export, and tells no header", () =>
    Effect.gen(function* () {
      const sent = yield* run({ otlp_url: "https://otel.example" })
      const traces = sent.filter(({ url }) => url.endsWith("/v1/traces"))
      assert.lengthOf(traces, 1)
      for (const { body } of sent) {
        assert.notInclude(body, "Abcdefgh")
        assert.notInclude(body, "otel.example")
      }
    }),
  )

  it.effect("does not disturb the agent when the collector fails", () =>
    Effect.gen(function* () {
      assert.isNotEmpty(yield* run({ otlp_url: "https://otel.example" }, 500))
    }),
  )
})

import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import { AgentConfig } from "../config/AgentConfig.ts"
import { telemetryMetricsInterval, telemetryShutdownTimeout, telemetryTracesInterval } from "../schedules.ts"

/**
 * Traces and metrics as OTLP/HTTP with JSON to `otlp_url`, through the agent's own HttpClient: one proxy, one set of
 * certificate authorities and pins. Without the key nothing is sent. Logs stay in the journal. A collector that
 * fails is left alone for a minute at a time and never disturbs the agent.
 */
export const layer = (agentVersion: string): Layer.Layer<never, never, AgentConfig | HttpClient.HttpClient> =>
  Layer.unwrap(
    Effect.map(AgentConfig, ({ otlp_url: collector }) => {
      if (collector === undefined) return Layer.empty
      const base = collector.replace(/\/+$/, "")
      const shared = {
        resource: { serviceName: "patchctl-agent", serviceVersion: agentVersion },
        shutdownTimeout: telemetryShutdownTimeout,
      }
      return Layer.merge(
        OtlpTracer.layer({
          ...shared,
          url: `${base}/v1/traces`,
          exportInterval: telemetryTracesInterval,
        }),
        OtlpMetrics.layer({
          ...shared,
          url: `${base}/v1/metrics`,
          exportInterval: telemetryMetricsInterval,
        }),
      ).pipe(Layer.provide(OtlpSerialization.layerJson))
    }),
  )

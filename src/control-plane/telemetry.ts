import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { version } from "./version.ts"

const shutdownTimeout = "3 seconds"

/**
 * Traces and metrics over OTLP/HTTP to a collector's base address. The OpenTelemetry SDK is loaded only when there
 * is one, because it is larger than the rest of the program.
 */
export const layer = (collector: Option.Option<string>): Layer.Layer<never> =>
  Option.match(collector, {
    onNone: () => Layer.empty,
    onSome: (url) =>
      Layer.unwrap(
        Effect.promise(async () => {
          const [NodeSdk, { OTLPTraceExporter }, { OTLPMetricExporter }, { BatchSpanProcessor }, metrics] =
            await Promise.all([
              import("@effect/opentelemetry/NodeSdk"),
              import("@opentelemetry/exporter-trace-otlp-http"),
              import("@opentelemetry/exporter-metrics-otlp-http"),
              import("@opentelemetry/sdk-trace-base"),
              import("@opentelemetry/sdk-metrics"),
            ])
          const base = url.replace(/\/+$/, "")
          return NodeSdk.layer(() => ({
            resource: { serviceName: "patchctl-control-plane", serviceVersion: version },
            spanProcessor: new BatchSpanProcessor(new OTLPTraceExporter({ url: `${base}/v1/traces` })),
            metricReader: new metrics.PeriodicExportingMetricReader({
              exporter: new OTLPMetricExporter({ url: `${base}/v1/metrics` }),
            }),
            shutdownTimeout,
          }))
        }),
      ),
  })

import * as Schema from "effect/Schema"

const Latency = Schema.Struct({
  count: Schema.Int,
  p50: Schema.Finite,
  p95: Schema.Finite,
  p99: Schema.Finite,
  max: Schema.Finite,
})
export type Latency = typeof Latency.Type

const Bytes = Schema.Struct({ sent: Schema.Finite, received: Schema.Finite })
export type Bytes = typeof Bytes.Type

const Growth = Schema.Struct({
  /** All garbage collected, oldest first. */
  samplesKilobytes: Schema.Array(Schema.Finite),
  slopeKilobytesPer100Beats: Schema.Finite,
})
export type Growth = typeof Growth.Type

/** What `bench/heartbeats.ts --json` prints. */
export const HeartbeatReport = Schema.Struct({
  /** Sent before anything is measured, so that all code is compiled. */
  warmUpBeats: Schema.Int,
  beats: Schema.Int,
  /** Of both. */
  failed: Schema.Int,
  /** Requests beyond one a beat. */
  retried: Schema.Int,
  connectionsOpened: Schema.Int,
  sessionsResumed: Schema.Int,
  latencyMilliseconds: Schema.Struct({
    all: Latency,
    openConnection: Latency,
    /** A TLS handshake with a resumed session included. */
    newConnection: Latency,
  }),
  /** HTTP with its headers, of the largest beat. */
  beatHttpBytes: Bytes,
  /** TCP payload of a mean beat: HTTP, TLS records, and on a new connection the handshake. */
  beatTcpBytes: Schema.Struct({ openConnection: Bytes, newConnection: Bytes }),
  unchangedScanHttpBytes: Bytes,
  wholeInventoryHttpBytes: Bytes,
  wholeInventoryPackages: Schema.Int,
  /** A scan that found only these new. */
  newFindingsHttpBytes: Bytes,
  newFindings: Schema.Int,
  agentResident: Growth,
  /** What JavaScript holds: objects, and buffers outside the heap. */
  agentHeap: Growth,
  serverResident: Growth,
  agentProcessorMillisecondsPerBeat: Schema.Finite,
  serverProcessorMillisecondsPerBeat: Schema.Finite,
  /** Budgets that were missed and beats that failed, for people. Empty: all is well. */
  problems: Schema.Array(Schema.String),
})
export type HeartbeatReport = typeof HeartbeatReport.Type

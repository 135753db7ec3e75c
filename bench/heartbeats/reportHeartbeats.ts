import type * as Effect from "effect/Effect"
import { percentile, rounded, slope } from "../measure/statistics.ts"
import type { Growth, HeartbeatReport, Latency } from "./HeartbeatReport.ts"
import { judgeHeartbeats } from "./judgeHeartbeats.ts"
import {
  type Beat,
  type measureHeartbeats,
  type measureTcp,
  type MemorySample,
  warmUpBeats,
} from "./measureHeartbeats.ts"

export type Measured = Effect.Success<ReturnType<typeof measureHeartbeats>> & {
  readonly packages: number
  readonly findings: number
  readonly tcp: Effect.Success<ReturnType<typeof measureTcp>>
}

const latency = (beats: ReadonlyArray<Beat>): Latency => {
  const times = beats.map(({ milliseconds }) => milliseconds)
  const at = (percent: number) => rounded(percentile(times, percent), 2)
  return { count: beats.length, p50: at(50), p95: at(95), p99: at(99), max: at(100) }
}

const growth = (samples: ReadonlyArray<MemorySample>, of: (sample: MemorySample) => number): Growth => ({
  samplesKilobytes: samples.map((sample) => rounded(of(sample), 0)),
  slopeKilobytesPer100Beats: rounded(
    slope(samples.map((sample) => ({ x: sample.beats / 100, y: of(sample) }))),
  ),
})

const sum = (beats: ReadonlyArray<Beat>, of: (beat: Beat) => number) =>
  beats.reduce((total, beat) => total + of(beat), 0)

/** The figures of one run, judged. */
export const reportHeartbeats = (measured: Measured): HeartbeatReport => {
  const { beats, memory, tcp, serverProcessorMilliseconds } = measured
  const good = beats.filter(({ failure }) => failure === undefined)
  const opened = (beat: Beat) => beat.traffic.openedConnections > 0
  const largest = (of: (beat: Beat) => number) => Math.max(...good.map(of))
  const mean = ({ sent, received }: { readonly sent: number; readonly received: number }) => ({
    sent: rounded(sent, 0),
    received: rounded(received, 0),
  })
  const report = {
    warmUpBeats,
    beats: beats.length,
    failed: measured.warmUpFailures + beats.length - good.length,
    retried: sum(beats, ({ traffic }) => traffic.requests) - beats.length,
    connectionsOpened: sum(beats, ({ traffic }) => traffic.openedConnections),
    sessionsResumed: sum(beats, ({ traffic }) => traffic.resumedSessions),
    latencyMilliseconds: {
      all: latency(good),
      openConnection: latency(good.filter((beat) => !opened(beat))),
      newConnection: latency(good.filter(opened)),
    },
    beatHttpBytes: {
      sent: largest(({ traffic }) => traffic.sentBytes),
      received: largest(({ traffic }) => traffic.receivedBytes),
    },
    beatTcpBytes: { openConnection: mean(tcp.openConnection), newConnection: mean(tcp.newConnection) },
    unchangedScanHttpBytes: {
      sent: measured.unchangedScan.sentBytes,
      received: measured.unchangedScan.receivedBytes,
    },
    wholeInventoryHttpBytes: {
      sent: measured.wholeInventory.sentBytes,
      received: measured.wholeInventory.receivedBytes,
    },
    wholeInventoryPackages: measured.packages,
    newFindingsHttpBytes: {
      sent: measured.newFindings.sentBytes,
      received: measured.newFindings.receivedBytes,
    },
    newFindings: measured.findings,
    agentResident: growth(memory, ({ agentResident }) => agentResident),
    agentHeap: growth(memory, ({ agentHeap }) => agentHeap),
    serverResident: growth(memory, ({ serverResident }) => serverResident),
    agentProcessorMillisecondsPerBeat: rounded(
      sum(beats, ({ processorMilliseconds }) => processorMilliseconds) / beats.length,
      2,
    ),
    serverProcessorMillisecondsPerBeat: rounded(serverProcessorMilliseconds / beats.length, 2),
  }
  const reasons = [...new Set(beats.flatMap(({ failure }) => failure ?? []))]
  return { ...report, problems: [...judgeHeartbeats(report), ...reasons] }
}

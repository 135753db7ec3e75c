import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { sendHeartbeat } from "../../src/heartbeat/sendHeartbeat.ts"
import { deliverScan } from "../../src/scan/deliverScan.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import { collectGarbage } from "../measure/collectGarbage.ts"
import { type Traffic, watchTraffic } from "../measure/HttpTraffic.ts"
import { memoryOf, processorTimeOf } from "../measure/processFigures.ts"
import type { startRelay } from "../measure/Relay.ts"
import { sampleScan } from "./sampleScan.ts"

/** One beat as it was seen from outside. */
export interface Beat {
  readonly milliseconds: number
  /** Of this process. */
  readonly processorMilliseconds: number
  /** Why it failed. */
  readonly failure: string | undefined
  readonly traffic: Traffic
}

/**
 * Room for everything a run records about its beats, taken before it starts: one object after the other would look like
 * a leak of the agent.
 */
const makeRecord = (beats: number) => {
  const numbers = {
    milliseconds: new Float64Array(beats),
    processorMilliseconds: new Float64Array(beats),
    requests: new Float64Array(beats),
    sentBytes: new Float64Array(beats),
    receivedBytes: new Float64Array(beats),
    openedConnections: new Float64Array(beats),
    resumedSessions: new Float64Array(beats),
  }
  const failures = new Map<number, string>()
  const at = (column: Float64Array, index: number) => column[index] ?? Number.NaN
  return {
    set: (index: number, { milliseconds, processorMilliseconds, failure, traffic }: Beat) => {
      numbers.milliseconds[index] = milliseconds
      numbers.processorMilliseconds[index] = processorMilliseconds
      numbers.requests[index] = traffic.requests
      numbers.sentBytes[index] = traffic.sentBytes
      numbers.receivedBytes[index] = traffic.receivedBytes
      numbers.openedConnections[index] = traffic.openedConnections
      numbers.resumedSessions[index] = traffic.resumedSessions
      if (failure !== undefined) failures.set(index, failure)
    },
    beats: (): ReadonlyArray<Beat> =>
      Array.from({ length: beats }, (_, index) => ({
        milliseconds: at(numbers.milliseconds, index),
        processorMilliseconds: at(numbers.processorMilliseconds, index),
        failure: failures.get(index),
        traffic: {
          requests: at(numbers.requests, index),
          sentBytes: at(numbers.sentBytes, index),
          receivedBytes: at(numbers.receivedBytes, index),
          openedConnections: at(numbers.openedConnections, index),
          resumedSessions: at(numbers.resumedSessions, index),
        },
      })),
  }
}

/** Memory in kilobytes after so many beats, with all garbage collected. */
export interface MemorySample {
  readonly beats: number
  readonly agentResident: number
  /** What JavaScript holds: objects, and buffers outside the heap. */
  readonly agentHeap: number
  readonly serverResident: number
}

const timedBeat = Effect.gen(function* () {
  const start = yield* Clock.currentTimeNanos
  const processor = process.cpuUsage()
  const failure = yield* sendHeartbeat().pipe(
    Effect.as(undefined),
    Effect.catch(({ message }) => Effect.succeed(message)),
  )
  const milliseconds = Number((yield* Clock.currentTimeNanos) - start) / 1_000_000
  const { user, system } = process.cpuUsage(processor)
  return { milliseconds, processorMilliseconds: (user + system) / 1000, failure }
})

const memorySample = Effect.fnUntraced(function* (beats: number, serverPid: number) {
  yield* collectGarbage
  const { heapUsed, external } = process.memoryUsage()
  const sample: MemorySample = {
    beats,
    agentResident: (yield* memoryOf("self")).residentKilobytes,
    agentHeap: (heapUsed + external) / 1024,
    serverResident: (yield* memoryOf(serverPid)).residentKilobytes,
  }
  return sample
})

/** Keeps a new scan with the rows and findings that every such scan has, and delivers it. */
const deliverSample = Effect.fnUntraced(function* (packages: number, findings: number) {
  const snapshots = yield* Snapshots
  const identity = yield* Identity
  const enrolment = yield* identity.enrolment
  yield* snapshots.keep(yield* sampleScan(packages, findings))
  if (Option.isSome(enrolment)) yield* deliverScan(enrolment.value.agentId)
})

/**
 * V8 compiles what runs once a beat after some 500 beats, all of it at once, and takes up to 20 MB for it: growth that
 * happens once. Only later beats count, but a failure counts from the first.
 */
export const warmUpBeats = 600

export interface Plan {
  /** After `warmUpBeats`. */
  readonly beats: number
  readonly beatsPerSample: number
  readonly packages: number
  readonly findings: number
  readonly serverPid: number
}

/**
 * Enrols, beats without a pause, then delivers an inventory, the same with findings, and that once more. Every other beat opens a new
 * connection, as every beat of a daemon does, whose connections are long closed when the next is due.
 */
export const measureHeartbeats = Effect.fnUntraced(function* (plan: Plan) {
  const traffic = yield* watchTraffic
  yield* sendHeartbeat()
  yield* deliverSample(1, 0)
  yield* traffic.take

  let warmUpFailures = 0
  let serverBefore = yield* processorTimeOf(plan.serverPid)
  const record = makeRecord(plan.beats)
  const memory: Array<MemorySample> = []
  for (let index = -warmUpBeats; index < plan.beats; index += 1) {
    if (index === 0) serverBefore = yield* processorTimeOf(plan.serverPid)
    if (index % 2 === 0) yield* traffic.hangUp
    const beat = yield* timedBeat
    const exchanged = yield* traffic.take
    if (index < 0) {
      warmUpFailures += beat.failure === undefined ? 0 : 1
      continue
    }
    record.set(index, { ...beat, traffic: exchanged })
    const done = index + 1
    if (done % plan.beatsPerSample === 0) memory.push(yield* memorySample(done, plan.serverPid))
  }
  const serverAfter = yield* processorTimeOf(plan.serverPid)

  // Last, because building the rows leaves holes in the memory that the beats would fill.
  yield* deliverSample(plan.packages, 0)
  const wholeInventory = yield* traffic.take
  yield* deliverSample(plan.packages, plan.findings)
  const newFindings = yield* traffic.take
  yield* deliverSample(plan.packages, plan.findings)
  const unchangedScan = yield* traffic.take
  return {
    wholeInventory,
    newFindings,
    unchangedScan,
    warmUpFailures,
    beats: record.beats(),
    memory,
    serverProcessorMilliseconds: serverAfter.ownMilliseconds - serverBefore.ownMilliseconds,
  }
}, Effect.scoped)

const beatsThroughRelay = 20

/** What a mean beat puts on the network, on an open connection and on a new one. The agent goes through `relay`. */
export const measureTcp = Effect.fnUntraced(function* (relay: Effect.Success<ReturnType<typeof startRelay>>) {
  const traffic = yield* watchTraffic
  const mean = Effect.fnUntraced(function* (newConnections: boolean) {
    // The first handshake has no session to resume, and its connection serves the first of the others.
    yield* sendHeartbeat()
    let total = { sent: 0, received: 0 }
    for (let count = 0; count < beatsThroughRelay; count += 1) {
      if (newConnections) yield* traffic.hangUp
      yield* relay.take
      yield* sendHeartbeat()
      const { sentBytes, receivedBytes } = yield* relay.take
      total = { sent: total.sent + sentBytes, received: total.received + receivedBytes }
    }
    return { sent: total.sent / beatsThroughRelay, received: total.received / beatsThroughRelay }
  })
  return { openConnection: yield* mean(false), newConnection: yield* mean(true) }
}, Effect.scoped)

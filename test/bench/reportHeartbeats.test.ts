import { assert, describe, it } from "@effect/vitest"
import type { Beat } from "../../bench/heartbeats/measureHeartbeats.ts"
import { type Measured, reportHeartbeats } from "../../bench/heartbeats/reportHeartbeats.ts"

const beat = (index: number, changes: Partial<Beat> = {}): Beat => ({
  milliseconds: 10 + (index % 10),
  processorMilliseconds: 5,
  failure: undefined,
  traffic: {
    requests: 1,
    sentBytes: 960,
    receivedBytes: 340,
    openedConnections: index % 2 === 0 ? 1 : 0,
    resumedSessions: index % 2 === 0 ? 1 : 0,
  },
  ...changes,
})

const exchange = (sentBytes: number) => ({ ...beat(1).traffic, sentBytes })
const both = { sent: 1000, received: 400 }

/** A run of 200 beats in which everything is as it should be. */
const run = (changes: Partial<Measured> = {}): Measured => ({
  packages: 2000,
  findings: 500,
  warmUpFailures: 0,
  beats: Array.from({ length: 200 }, (_, index) => beat(index)),
  memory: [50, 100, 150, 200].map((beats) => ({
    beats,
    agentResident: 60_000,
    agentHeap: 10_000,
    serverResident: 90_000,
  })),
  unchangedScan: exchange(1000),
  wholeInventory: exchange(26_000),
  newFindings: exchange(20_000),
  serverProcessorMilliseconds: 1000,
  tcp: { openConnection: both, newConnection: both },
  ...changes,
})

const problems = (changes: Partial<Measured>) => reportHeartbeats(run(changes)).problems

/** The same run with one of its beats otherwise. */
const withBeat = (changes: Partial<Beat>) => ({
  beats: run().beats.map((good, index) => (index === 7 ? { ...good, ...changes } : good)),
})

/** Memory that grows by so many kilobytes a beat. */
const growing = (part: "agentResident" | "agentHeap" | "serverResident", perBeat: number) => ({
  memory: run().memory.map((sample) => ({ ...sample, [part]: sample[part] + sample.beats * perBeat })),
})

describe("the report on heartbeats", () => {
  it("has nothing to say against a good run", () => {
    const report = reportHeartbeats(run())
    assert.deepStrictEqual(report.problems, [])
    assert.strictEqual(report.connectionsOpened, 100)
    assert.deepStrictEqual(report.latencyMilliseconds.all, { count: 200, p50: 14, p95: 19, p99: 19, max: 19 })
    assert.strictEqual(report.agentProcessorMillisecondsPerBeat, 5)
  })

  it("names a beat that failed, and why", () => {
    assert.deepStrictEqual(problems(withBeat({ failure: "connection lost" })), [
      "beats that failed: 1 beats, the limit is 0",
      "connection lost",
    ])
    assert.lengthOf(problems({ warmUpFailures: 1 }), 1)
  })

  it("takes steady growth for a leak, of the agent only", () => {
    assert.lengthOf(problems(growing("agentHeap", 0.8)), 1)
    assert.lengthOf(problems(growing("agentHeap", 0.7)), 0)
    assert.lengthOf(problems(growing("agentResident", 1.1)), 1)
    assert.lengthOf(problems(growing("agentResident", 0.9)), 0)
    assert.lengthOf(problems(growing("agentResident", -5)), 0)
    assert.lengthOf(problems(growing("serverResident", 100)), 0)
  })

  it("judges traffic by the largest beat", () => {
    assert.lengthOf(problems(withBeat({ traffic: { ...beat(7).traffic, sentBytes: 1025 } })), 1)
    assert.lengthOf(problems(withBeat({ traffic: { ...beat(7).traffic, receivedBytes: 1025 } })), 1)
    assert.lengthOf(problems({ unchangedScan: exchange(1025) }), 1)
    assert.lengthOf(problems({ wholeInventory: exchange(61_441) }), 1)
  })

  it("wants TLS sessions resumed", () => {
    const cold = run().beats.map(({ traffic, ...rest }) => ({
      ...rest,
      traffic: { ...traffic, resumedSessions: 0 },
    }))
    assert.lengthOf(problems({ beats: cold }), 1)
  })
})

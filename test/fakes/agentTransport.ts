import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { AgentConfig, AgentConfigFile } from "../../src/config/AgentConfig.ts"
import { Environment } from "../../src/config/Environment.ts"
import { AgentId, LicenseKey, Sha256 } from "../../src/domain/Identifiers.ts"
import type { Heartbeat } from "../../src/protocol/AgentMessages.ts"
import type { Retryable } from "../../src/schedules.ts"
import { Identity } from "../../src/store/Identity.ts"
import { ControlPlane } from "../../src/transport/ControlPlane.ts"
import * as HttpsClient from "../../src/transport/https/HttpsClient.ts"
import * as HttpsControlPlane from "../../src/transport/https/HttpsControlPlane.ts"
import { makeAgentKey } from "./agentKey.ts"

export const agentId = AgentId.make("agt_00000000-0000-4000-8000-000000000001")
export const licenseKey = LicenseKey.make("pk_live_0123456789abcdef")

/** A configuration as loaded from a file with these keys. */
export const configOf = (keys: Partial<typeof AgentConfigFile.Encoded>) =>
  Layer.effect(
    AgentConfig,
    Schema.decodeEffect(AgentConfigFile)({ license_key: licenseKey, ...keys }).pipe(
      Effect.map((config) => ({ ...config, path: "/etc/patchctl/config.json" })),
      Effect.orDie,
    ),
  )

/** What a process was started with, instead of what this test was. */
export const environmentOf = (variables: Record<string, string>) =>
  Layer.succeed(Environment, { variables, userId: 1000 })

export const agentKey = makeAgentKey()

const identity = Layer.succeed(Identity, {
  ...agentKey,
  enrolment: Effect.succeedSome({ agentId, exchangeToken: "token" }),
  remember: () => Effect.void,
  rotateToken: () => Effect.void,
  forget: Effect.void,
})

/** At most `times` more tries, at once, or when Retry-After says so. */
export const retries = (times: number) =>
  Schedule.recurs(times).pipe(
    Schedule.setInputType<Retryable>(),
    Schedule.while(({ input }) => input.retryable === true),
    Schedule.modifyDelay(({ input }) => Effect.succeed(Duration.seconds(input.retryAfterSeconds ?? 0))),
  )

export interface TransportOptions {
  readonly config: Partial<typeof AgentConfigFile.Encoded>
  readonly variables?: Record<string, string>
  readonly timeout?: Duration.Duration
  readonly times?: number
}

/** The agent's own transport, with nothing faked but its configuration, key and patience. */
export const transport = ({ config, variables = {}, timeout, times = 0 }: TransportOptions) =>
  HttpsControlPlane.layerPolicy({ timeout: timeout ?? Duration.seconds(10), retry: retries(times) }).pipe(
    Layer.provide(HttpsClient.layer),
    Layer.provide([configOf(config), environmentOf(variables), identity, NodeFileSystem.layer]),
  )

/** A beat of a small server with nothing to report. */
export const idleBeat: Heartbeat = {
  sentAt: DateTime.makeUnsafe("2026-11-22T12:00:00Z"),
  agentVersion: "0.1.0",
  exchangeToken: "dGhpcy1pcy1hLXRva2VuLW9mLTMyLWJ5dGVzLWxvbmc",
  metrics: {
    cpuUsedPercent: 3.4,
    load1: 0.08,
    memoryTotalBytes: 4_110_417_920,
    memoryAvailableBytes: 3_012_345_856,
    swapUsedBytes: 0,
    disks: [
      { mount: "/", totalBytes: 42_100_000_768, availableBytes: 31_234_560_000 },
      { mount: "/boot", totalBytes: 511_705_088, availableBytes: 312_345_600 },
    ],
    uptimeSeconds: 1_234_567,
  },
  agentRssBytes: 58_720_256,
  agentCpuSeconds: 12.34,
  reboot: "no",
  snapshot: Sha256.make("3f".repeat(32)),
  pendingResults: 0,
  droppedResults: 0,
  results: [],
}

/** A reply with nothing to do. */
export const idleReply = {
  serverTime: "2026-11-22T12:00:00.123Z",
  nextBeatSeconds: 300,
  exchangeToken: "dGhpcy1pcy1hLXRva2VuLW9mLTMyLWJ5dGVzLWxvbmc",
  commands: [],
  acknowledged: [],
  want: [],
}

export const beat = Effect.gen(function* () {
  const controlPlane = yield* ControlPlane
  return yield* controlPlane.heartbeat(agentId, idleBeat)
})

/** How a beat went, as one word. */
export const beatOutcome = Effect.match(beat, {
  onSuccess: () => "answered",
  onFailure: (error) => ("code" in error ? error.code : error._tag),
})

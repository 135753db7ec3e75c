import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { agentVersion } from "../agentVersion.ts"
import { CommandInbox } from "../command/CommandInbox.ts"
import type { HostFacts } from "../domain/Host.ts"
import { Host } from "../host/Host.ts"
import type { Heartbeat } from "../protocol/AgentMessages.ts"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { Outbox } from "../store/Outbox.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { pinnedGeneration } from "./pinnedGeneration.ts"

/**
 * One beat: how the host is, what runs, and the results that are due, unless the first of them alone is too large.
 * `facts` only when the server needs them.
 */
export const composeBeat = Effect.fn("composeBeat")(function* (options: {
  readonly exchangeToken: string
  readonly facts: Option.Option<HostFacts>
  readonly resultBytes: number
  readonly pinned: Option.Option<TrustAnchor>
}) {
  const host = yield* Host
  const inbox = yield* CommandInbox
  const outbox = yield* Outbox
  const snapshots = yield* Snapshots

  const usage = yield* host.processUsage
  const due = yield* outbox.due(options.resultBytes)
  const results = due.bytes > options.resultBytes ? [] : due.results
  const { pending, dropped } = yield* outbox.backlog
  const held = yield* snapshots.heldDigest
  const running = yield* inbox.running
  const now = yield* DateTime.now
  const beat: Heartbeat = {
    sentAt: now,
    agentVersion,
    exchangeToken: options.exchangeToken,
    metrics: yield* host.metrics,
    agentRssBytes: usage.rssBytes,
    agentCpuSeconds: usage.cpuSeconds,
    reboot: (yield* host.reboot([])).required,
    pendingResults: pending - results.length,
    droppedResults: dropped,
    results,
    ...(Option.isSome(held) && { snapshot: held.value }),
    ...(Option.isSome(running) && {
      running: {
        commandId: running.value.commandId,
        command: running.value.command,
        runningSeconds: Math.round(Duration.toSeconds(DateTime.distance(running.value.since, now))),
      },
    }),
    ...(Option.isSome(options.facts) && { facts: options.facts.value }),
    ...pinnedGeneration(options.pinned),
  }
  return beat
})

import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { availableParallelism, hostname, totalmem, type as osType } from "node:os"
import { HostFacts, HostMetrics, RebootState } from "../../src/domain/Host.ts"
import { Host } from "../../src/host/Host.ts"
import * as LinuxHost from "../../src/host/LinuxHost.ts"
import * as NodeSystemCalls from "../../src/host/NodeSystemCalls.ts"
import { SystemCalls } from "../../src/host/SystemCalls.ts"

const thisMachine = LinuxHost.layer.pipe(
  Layer.provideMerge(NodeSystemCalls.layer),
  Layer.provide(NodeServices.layer),
)

describe("the machine these tests run on", () => {
  it.live("tells facts that the runtime confirms", () =>
    Effect.gen(function* () {
      assert.strictEqual(osType(), "Linux")
      const facts = yield* Effect.flatMap(Host, (host) => host.facts)
      assert.isTrue(Schema.is(HostFacts)(facts))
      assert.strictEqual(facts.hostname, hostname())
      assert.strictEqual(facts.memoryTotalBytes, totalmem())
      assert.isAtLeast(facts.cpuCount, availableParallelism())
      assert.notInclude(facts.addresses, "127.0.0.1")
    }).pipe(Effect.provide(thisMachine)),
  )

  it.live("has metrics that can be sent, and space on its root", () =>
    Effect.gen(function* () {
      const metrics = yield* Effect.flatMap(Host, (host) => host.metrics)
      assert.isTrue(Schema.is(HostMetrics)(metrics))
      assert.isAbove(metrics.memoryAvailableBytes, 0)
      assert.isAtMost(metrics.memoryAvailableBytes, metrics.memoryTotalBytes)
      for (const disk of metrics.disks) assert.isAtMost(disk.availableBytes, disk.totalBytes)
    }).pipe(Effect.provide(thisMachine)),
  )

  it.live("has a boot id, a reboot state and a running process", () =>
    Effect.gen(function* () {
      const host = yield* Host
      assert.match(yield* host.bootId, /^[0-9a-f-]{36}$/)
      assert.isTrue(Schema.is(RebootState)(yield* host.reboot([])))
      const usage = yield* host.processUsage
      assert.isAbove(usage.rssBytes, 1_000_000)
      assert.isAbove(usage.cpuSeconds, 0)
    }).pipe(Effect.provide(thisMachine)),
  )

  it.live("measures a directory, and not one that is missing", () =>
    Effect.gen(function* () {
      const system = yield* SystemCalls
      assert.isAbove((yield* system.space("/"))?.total ?? 0, 0)
      assert.isUndefined(yield* system.space("/no/such/directory"))
    }).pipe(Effect.provide(thisMachine)),
  )
})

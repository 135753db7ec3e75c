import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { ExecutorClient, ExecutorUnavailable } from "../../src/command/ExecutorClient.ts"
import type { CollectedManager } from "../../src/protocol/ExecutorMessages.ts"
import * as CollectHere from "../../src/scan/collectHere.ts"
import * as CollectThroughExecutor from "../../src/scan/collectThroughExecutor.ts"
import * as HostScanner from "../../src/scan/HostScanner.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import * as noFeed from "../fakes/noFeed.ts"
import * as noLivePatches from "../fakes/noLivePatches.ts"

const zypper: CollectedManager = {
  state: { id: "zypper", version: "1.14.42", patchable: true },
  packages: [{ ...FakeManagers.installed("zlib", "1.2"), manager: "zypper" }],
  faults: [],
  updates: [{ ...FakeManagers.update("zlib", "1.2", "1.3"), manager: "zypper" }],
  indexes: [{ manager: "zypper", repository: "oss", ageSeconds: 60 }],
  channels: [],
  refreshed: true,
  repositories: [{ manager: "zypper", repository: "oss", outcome: "fetched" }],
  reasons: [],
}

/** A scan by a daemon that sees an apt itself, and whose executor answers like this. */
const scanned = (collect: ExecutorClient["Service"]["collect"]) =>
  Effect.gen(function* () {
    const host = yield* ScanHost
    const examined = yield* host.examine({ refresh: "always" })
    const { refreshes } = yield* Effect.flatMap(FakeManagers.FakeManager, Ref.get)
    return { ...examined, refreshesHere: refreshes }
  }).pipe(
    Effect.provide(
      HostScanner.layerCollected.pipe(
        Layer.provide(CollectThroughExecutor.layer),
        Layer.provide(CollectHere.layer),
        Layer.provide(Layer.mock(ExecutorClient, { collect })),
        Layer.provideMerge(
          Layer.mergeAll(
            FakeHost.layer,
            FakeManagers.layer,
            noFeed.layer,
            noLivePatches.layer,
            NodeCrypto.layerSecureRandom,
          ),
        ),
      ),
    ),
  )

describe("a scan through the executor", () => {
  it.effect("is what root sees, and asks nothing here", () =>
    Effect.gen(function* () {
      const { scan, refreshed, repositories, refreshesHere } = yield* scanned(() => Effect.succeed([zypper]))
      assert.deepStrictEqual(scan.packages, zypper.packages)
      assert.deepStrictEqual(scan.updates, zypper.updates)
      assert.deepStrictEqual(scan.managers, [zypper.state])
      assert.deepStrictEqual(scan.completeness, { verdict: "complete" })
      assert.deepStrictEqual([refreshed, repositories], [true, zypper.repositories])
      assert.strictEqual(refreshesHere, 0)
    }),
  )

  it.effect("is partial when the executor fails, with what the daemon can see without a refresh", () =>
    Effect.gen(function* () {
      const { scan, refreshesHere } = yield* scanned(() =>
        Effect.fail(new ExecutorUnavailable({ detail: "nobody listens" })),
      )
      assert.deepStrictEqual(
        scan.packages.map(({ name }) => String(name)),
        ["bash", "openssl"],
      )
      assert.strictEqual(refreshesHere, 0)
      const reasons = scan.completeness.verdict === "partial" ? scan.completeness.reasons : []
      assert.deepStrictEqual(
        reasons.map(({ code }) => code),
        ["collector_failed"],
      )
      assert.include(reasons[0]?.detail, "nobody listens")
    }),
  )

  it.effect("says that there is no package manager when root finds none", () =>
    Effect.gen(function* () {
      const { scan } = yield* scanned(() => Effect.succeed([]))
      assert.deepStrictEqual(
        scan.completeness.verdict === "partial" ? scan.completeness.reasons.map(({ code }) => code) : [],
        ["no_manager"],
      )
    }),
  )
})

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { NodeFileSystem } from "@effect/platform-node"
import { CommandInbox } from "../../src/command/CommandInbox.ts"
import { ExecutorClient } from "../../src/command/ExecutorClient.ts"
import { AgentConfig, type LoadedConfig } from "../../src/config/AgentConfig.ts"
import { LicenseKey } from "../../src/domain/Identifiers.ts"
import { BeatMemory } from "../../src/heartbeat/BeatMemory.ts"
import { ServiceManager } from "../../src/host/ServiceManager.ts"
import { agentMigrations } from "../../src/store/agentSchema.ts"
import { Database } from "../../src/store/Database.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Outbox } from "../../src/store/Outbox.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import type { TrustAnchor } from "../../src/protocol/TrustAnchor.ts"
import { Trust } from "../../src/store/Trust.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import * as FakeControlPlane from "./FakeControlPlane.ts"
import * as FakeHost from "./FakeHost.ts"

export const config: LoadedConfig = {
  path: "/etc/patchctl/config.json",
  license_key: Redacted.make(LicenseKey.make("pk_live_0123456789abcdef")),
  api_url: "https://api.example.org",
  heartbeat_seconds: 300,
  scan_seconds: 21_600,
  pins: [],
  no_proxy: [],
  log_level: "info",
  refresh: "never",
  state_directory: "/var/lib/patchctl",
  quiet_period_seconds: 0,
  read_only: false,
  self_update: true,
}

/** Pinned keys in memory, and the executor that pins them: real files do not wait for the test clock. */
const keys = Layer.effectContext(
  Effect.gen(function* () {
    const anchor = yield* Ref.make(Option.none<TrustAnchor>())
    const trust = Layer.mock(Trust, { anchor: Ref.get(anchor) })
    const executor = Layer.mock(ExecutorClient, { pin: (next) => Ref.set(anchor, Option.some(next)) })
    return yield* Layer.build(Layer.merge(trust, executor))
  }),
)

/** Everything the daemon's loops stand on: a real SQLite database, a fake host, a control plane in memory. */
export const layerStored = (path: string) =>
  Layer.mergeAll(Identity.layer, Outbox.layer, Snapshots.layer).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        Database.layer(path, agentMigrations),
        Layer.succeed(AgentConfig, config),
        BeatMemory.layer,
        CommandInbox.layer,
        FakeControlPlane.layer,
        FakeHost.layer,
        Supervisor.layer,
        Layer.succeed(ServiceManager, { ready: Effect.void, alive: () => Effect.void }),
        keys,
      ),
    ),
    Layer.provideMerge(NodeFileSystem.layer),
  )

export const layer = layerStored(":memory:")

import { NodeCrypto, NodeFileSystem } from "@effect/platform-node"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import { AgentConfig } from "../../src/config/AgentConfig.ts"
import type { Policy } from "../../src/domain/Policy.ts"
import { Executor } from "../../src/executor/Executor.ts"
import { HostPolicy } from "../../src/executor/HostPolicy.ts"
import { LeftBehind } from "../../src/executor/LeftBehind.ts"
import { PlanApplier } from "../../src/executor/PlanApplier.ts"
import { TransactionPace } from "../../src/executor/TransactionPace.ts"
import { Host } from "../../src/host/Host.ts"
import { processIdentity } from "../../src/host/processIdentity.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import type { CommandClaims } from "../../src/protocol/CommandEnvelope.ts"
import * as collectHere from "../../src/scan/collectHere.ts"
import * as HostScanner from "../../src/scan/HostScanner.ts"
import { Database } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { StatusFile, StatusFileError } from "../../src/store/StatusFile.ts"
import { Trust } from "../../src/store/Trust.ts"
import { config } from "../fakes/AgentLayers.ts"
import { agentId, makeSigner } from "../fakes/CommandSigning.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import * as FakeReboot from "../fakes/FakeReboot.ts"
import * as noFeed from "../fakes/noFeed.ts"
import * as noLivePatches from "../fakes/noLivePatches.ts"

const noStatus = new StatusFileError({ path: "status.json", reason: "missing", cause: "none" })

export interface World {
  readonly config?: Partial<typeof config>
  readonly policy?: Result.Result<Policy, string>
  readonly host?: Layer.Layer<Host>
  /** Where the ledger is; without, in memory. */
  readonly ledger?: string
  /** Where executors and installers leave what tells that they are at work; without, nowhere. */
  readonly directory?: string
}

/** Nothing pinned: where a ledger that is made has no past. */
export const unpinned = Layer.mock(Trust, { anchor: Effect.succeedNone })

/** What stands around an executor: a host and a package manager that are not there, and a real ledger. */
export const world = ({
  config: changes,
  policy,
  host,
  ledger = ":memory:",
  directory = "/dev/null/none",
}: World = {}) =>
  HostScanner.layer.pipe(
    Layer.provideMerge(collectHere.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        host ?? FakeHost.layer,
        FakeManagers.layer,
        FakeReboot.layer,
        LeftBehind.layer(directory).pipe(Layer.provide(NodeFileSystem.layer)),
        PlanApplier.layer,
        TransactionPace.layer("/dev/null/pace.json").pipe(Layer.provide(NodeFileSystem.layer)),
        noFeed.layer,
        noLivePatches.layer,
        NodeCrypto.layerSecureRandom,
        NodeFileSystem.layer,
        Ledger.layer.pipe(
          Layer.provide(unpinned),
          Layer.provideMerge(Database.layer(ledger, ledgerMigrations)),
        ),
        Layer.succeed(AgentConfig, { ...config, ...changes }),
        Layer.succeed(HostPolicy, {
          read: Effect.succeed(policy ?? Result.succeed({})),
          zone: DateTime.zoneMakeNamedUnsafe("Europe/Berlin"),
        }),
        Layer.mock(StatusFile, { read: noStatus }),
      ),
    ),
  )

/** An executor that pins a new signer, and what it takes to give it commands. */
export const setUp = Effect.gen(function* () {
  const signer = yield* makeSigner
  const trust = Layer.mock(Trust, { anchor: Effect.succeedSome(signer.anchor) })
  const executor = yield* Effect.provide(Executor, Layer.provide(Executor.layer, trust))
  const hand = (envelope: string) => executor.execute(envelope, () => Effect.void)
  const execute = (payload: CommandClaims) => Effect.flatMap(signer.seal(payload), hand)
  return { executor, hand, execute, signer }
})

/** The plans that the fake package manager has been made to apply. */
export const applied = Effect.map(
  Effect.flatMap(FakeManagers.FakeManager, Ref.get),
  (memory) => memory.applied,
)

/** The audit log as `event name` and outcome. */
export const audit = Effect.map(
  Effect.flatMap(Database, (db) => db.all("SELECT * FROM audit ORDER BY line")),
  (rows) =>
    rows.map((row) => ({
      id: String(row["id"]),
      line: `${String(row["event"])} ${String(row["name"])}`.trim(),
      outcome: String(row["outcome"]),
    })),
)

/** One that does not live, and was started so many seconds before this process, in the same boot. */
export const deadExecutor = Effect.fnUntraced(
  function* (seconds: number) {
    const self = yield* Effect.fromOption(yield* processIdentity(process.pid))
    const [boot, , ticks] = self.split(":")
    return `${boot}:999999999:${Number(ticks) - seconds * 100}`
  },
  Effect.provide(NodeFileSystem.layer),
  (effect) => Effect.orDie(effect),
)

/** A command that is begun in the ledger by an executor that no longer lives: of another boot, unless told otherwise. */
export const leftBehind = (command: {
  readonly id: CommandClaims["jti"]
  readonly seq?: number
  readonly executor?: string
}) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    yield* ledger.begin({
      id: command.id,
      seq: command.seq ?? 1,
      audience: agentId,
      name: "install_updates",
      issuer: "cp_test",
      signedAt: DateTime.makeUnsafe(0),
      expiresAt: DateTime.makeUnsafe(3_600_000),
      executor: command.executor ?? "boot:999999999:1",
    })
    return ledger.entry(command.id)
  })

/** The status with which a command ended, if it did. */
export const statusOf = (id: CommandClaims["jti"]) =>
  Effect.map(
    Effect.flatMap(Ledger, (ledger) => ledger.resultOf(id)),
    (result) => Option.getOrUndefined(Option.map(result, ({ status }) => status)),
  )

/** What the fake manager would install: openssl 3.0.2-1. */
export const somePlan = Effect.gen(function* () {
  const { detect } = yield* PackageManagers
  const [first] = yield* detect
  if (first === undefined) return yield* Effect.die("there is a manager")
  return (yield* first.manager.plan({ selection: { kind: "all" } })).plan
})

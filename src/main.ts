import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import { agentVersion } from "./agentVersion.ts"
import { commandLine } from "./cli/commandLine.ts"
import { ConfigFlag } from "./cli/ConfigFlag.ts"
import { execute } from "./cli/execute.ts"
import { root } from "./cli/root.ts"
import { refuseSecond, run } from "./cli/run.ts"
import { scan } from "./cli/scan.ts"
import { selftest } from "./cli/selftest.ts"
import { stateDirectory } from "./cli/stateDirectory.ts"
import { status } from "./cli/status.ts"
import * as CommandLoop from "./command/CommandLoop.ts"
import { CommandInbox } from "./command/CommandInbox.ts"
import { type ExecutorProgram, layerSpawn } from "./command/spawnExecutor.ts"
import { AgentConfig, defaultConfigPath, type LoadedConfig } from "./config/AgentConfig.ts"
import { Environment } from "./config/Environment.ts"
import { layerFile } from "./config/loadConfig.ts"
import { Executor } from "./executor/Executor.ts"
import { BeatMemory } from "./heartbeat/BeatMemory.ts"
import * as HeartbeatLoop from "./heartbeat/HeartbeatLoop.ts"
import * as StatusLoop from "./heartbeat/StatusLoop.ts"
import * as CanonicalLivePatches from "./host/CanonicalLivePatches.ts"
import * as LinuxHost from "./host/LinuxHost.ts"
import * as NodeSubprocess from "./host/NodeSubprocess.ts"
import * as NodeSystemCalls from "./host/NodeSystemCalls.ts"
import * as AgentLogger from "./observability/AgentLogger.ts"
import * as Telemetry from "./observability/Telemetry.ts"
import * as HostPackageManagers from "./package-manager/HostPackageManagers.ts"
import * as HostScanner from "./scan/HostScanner.ts"
import * as ScanLoop from "./scan/ScanLoop.ts"
import * as UploadLoop from "./scan/UploadLoop.ts"
import { agentMigrations } from "./store/agentSchema.ts"
import { Database } from "./store/Database.ts"
import { Identity } from "./store/Identity.ts"
import { Ledger, ledgerMigrations } from "./store/Ledger.ts"
import { Outbox } from "./store/Outbox.ts"
import { Snapshots } from "./store/Snapshots.ts"
import { StatusFile } from "./store/StatusFile.ts"
import { Trust } from "./store/Trust.ts"
import { Supervisor } from "./Supervisor.ts"
import * as HttpsClient from "./transport/https/HttpsClient.ts"
import * as HttpsControlPlane from "./transport/https/HttpsControlPlane.ts"
import * as HttpsFeedSource from "./transport/https/HttpsFeedSource.ts"
import * as HttpsServerProbe from "./transport/https/HttpsServerProbe.ts"
import * as DirectoryFeedStore from "./vulnerability/DirectoryFeedStore.ts"
import * as FeedLoop from "./vulnerability/FeedLoop.ts"

/** The composition root: the only place that chooses live layers. */
const platform = Layer.mergeAll(NodeServices.layer, NodeCrypto.layerSecureRandom, Environment.layer)

/** Any user may scan with the feed that the daemon keeps, without being allowed to read its configuration. */
const feedStore = Layer.unwrap(
  Effect.map(stateDirectory(Option.none()), (directory) => DirectoryFeedStore.layer(`${directory}/feeds`)),
)

/** This machine: facts, programs, package managers, vulnerability feed, and the scan over them. */
const machine = HostScanner.layer.pipe(
  Layer.provide(CanonicalLivePatches.layer),
  Layer.provideMerge(Layer.merge(HostPackageManagers.layer, feedStore)),
  Layer.provideMerge(
    Layer.mergeAll(LinuxHost.layer.pipe(Layer.provide(NodeSystemCalls.layer)), NodeSubprocess.layer),
  ),
)

const config = Layer.unwrap(Effect.map(ConfigFlag, layerFile))

const logging = Layer.unwrap(Effect.map(AgentConfig, ({ log_level }) => AgentLogger.layer(log_level)))

/** The state directory may be entered by everybody, for the status file; what else is in it is private. */
const stateFiles = Layer.unwrap(
  Effect.gen(function* () {
    const { state_directory: directory } = yield* AgentConfig
    const files = yield* FileSystem.FileSystem
    yield* Effect.ignore(files.makeDirectory(directory, { recursive: true, mode: 0o755 }))
    return Layer.merge(Trust.layer(`${directory}/trust.json`), StatusFile.layer(directory))
  }),
)

const database = (file: string, migrations: ReadonlyArray<string>) =>
  Layer.unwrap(
    Effect.map(AgentConfig, ({ state_directory }) =>
      Database.layer(`${state_directory}/${file}`, migrations),
    ),
  )

/** Starts this very program again as an executor, under the same configuration. */
const selfAsExecutor = (
  { path }: LoadedConfig,
  variables: Environment["Service"]["variables"],
): ExecutorProgram => ({
  program: process.execPath,
  args: [...process.argv.slice(1, 2), "execute", ...(path === defaultConfigPath ? [] : ["--config", path])],
  env: Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value !== undefined && (name.startsWith("PATCHCTL_") || name === "CREDENTIALS_DIRECTORY")
        ? [[name, value]]
        : [],
    ),
  ),
})

const executorClient = Layer.unwrap(
  Effect.gen(function* () {
    const { variables } = yield* Environment
    return layerSpawn(selfAsExecutor(yield* AgentConfig, variables))
  }),
)

const store = Layer.mergeAll(Identity.layer, Outbox.layer, Snapshots.layer).pipe(
  Layer.provide(database("agent.sqlite", agentMigrations)),
)

const controlPlane = Layer.merge(HttpsControlPlane.layer, HttpsFeedSource.layer).pipe(
  Layer.provideMerge(HttpsClient.layer),
)

const loops = Layer.mergeAll(
  HeartbeatLoop.layer,
  ScanLoop.layer,
  UploadLoop.layer,
  CommandLoop.layer,
  FeedLoop.layer,
  StatusLoop.layer,
  Telemetry.layer(agentVersion),
)

const daemon = loops.pipe(
  Layer.provideMerge(
    Layer.mergeAll(Supervisor.layer, CommandInbox.layer, BeatMemory.layer, executorClient, controlPlane),
  ),
  Layer.provideMerge(Layer.mergeAll(store, Layer.effectDiscard(refuseSecond))),
  Layer.provideMerge(stateFiles),
  Layer.provideMerge(machine),
  Layer.provideMerge(logging),
  Layer.provideMerge(config),
)

const executor = Executor.layer.pipe(
  Layer.provide(Ledger.layer.pipe(Layer.provide(database("executor.sqlite", ledgerMigrations)))),
  Layer.provide(stateFiles),
  Layer.provide(machine),
  Layer.provideMerge(logging),
  Layer.provideMerge(config),
)

/** The whole command line with live services; `bin.ts` runs it. */
export const program = root([
  status,
  scan.pipe(Command.provide(machine)),
  selftest.pipe(Command.provide(Layer.merge(machine, HttpsServerProbe.layer))),
  run.pipe(Command.provide(daemon)),
  execute.pipe(Command.provide(executor)),
]).pipe(Command.run({ version: agentVersion }), commandLine, Effect.provide(platform))

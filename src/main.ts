import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import { isSea } from "node:sea"
import { agentVersion } from "./agentVersion.ts"
import { apply } from "./cli/apply.ts"
import { commandLine } from "./cli/commandLine.ts"
import { ConfigFlag } from "./cli/ConfigFlag.ts"
import { execute } from "./cli/execute.ts"
import { root } from "./cli/root.ts"
import { onlyDaemon, run } from "./cli/run.ts"
import { scan } from "./cli/scan.ts"
import { selftest } from "./cli/selftest.ts"
import { stateDirectory } from "./cli/stateDirectory.ts"
import { status } from "./cli/status.ts"
import { update } from "./cli/update.ts"
import * as CommandLoop from "./command/CommandLoop.ts"
import { CommandInbox } from "./command/CommandInbox.ts"
import { connectExecutor } from "./command/connectExecutor.ts"
import { ExecutorWay } from "./command/ExecutorWay.ts"
import { type ExecutorProgram, spawnExecutor } from "./command/spawnExecutor.ts"
import { AgentConfig, defaultConfigPath, type LoadedConfig } from "./config/AgentConfig.ts"
import { Environment } from "./config/Environment.ts"
import { executorDirectory, inProcessDirectory } from "./config/executorDirectory.ts"
import { layerFile } from "./config/loadConfig.ts"
import { policyPath } from "./domain/Policy.ts"
import * as ApplyThroughInstaller from "./executor/applyThroughInstaller.ts"
import { Executor } from "./executor/Executor.ts"
import { HostPolicy } from "./executor/HostPolicy.ts"
import * as InProcessExecutor from "./executor/inProcessExecutor.ts"
import { installerSocket } from "./executor/InstallerMessages.ts"
import { LeftBehind } from "./executor/LeftBehind.ts"
import { ownDirectory } from "./executor/ownDirectory.ts"
import { TransactionPace } from "./executor/TransactionPace.ts"
import { BeatMemory } from "./heartbeat/BeatMemory.ts"
import * as HeartbeatLoop from "./heartbeat/HeartbeatLoop.ts"
import * as StatusLoop from "./heartbeat/StatusLoop.ts"
import * as UploadLoop from "./heartbeat/UploadLoop.ts"
import * as CanonicalLivePatches from "./host/CanonicalLivePatches.ts"
import * as LinuxHost from "./host/LinuxHost.ts"
import * as NodeSubprocess from "./host/NodeSubprocess.ts"
import * as NodeUnixSocket from "./host/NodeUnixSocket.ts"
import * as NodeSystemCalls from "./host/NodeSystemCalls.ts"
import { OutputDirectory } from "./host/runToFiles.ts"
import * as SystemdNotify from "./host/SystemdNotify.ts"
import * as SystemReboot from "./host/SystemReboot.ts"
import * as AgentLogger from "./observability/AgentLogger.ts"
import * as Telemetry from "./observability/Telemetry.ts"
import * as HostPackageManagers from "./package-manager/HostPackageManagers.ts"
import { runProgram } from "./runProgram.ts"
import * as CollectHere from "./scan/collectHere.ts"
import * as CollectThroughExecutor from "./scan/collectThroughExecutor.ts"
import * as HostScanner from "./scan/HostScanner.ts"
import * as ScanLoop from "./scan/ScanLoop.ts"
import { BeatWitness } from "./self-update/BeatWitness.ts"
import { Candidate } from "./self-update/Candidate.ts"
import { CommandWatch } from "./self-update/CommandWatch.ts"
import { Installation } from "./self-update/Installation.ts"
import { Slots } from "./self-update/Slots.ts"
import * as TufReleaseSource from "./self-update/TufReleaseSource.ts"
import { UpdateMemory } from "./self-update/UpdateMemory.ts"
import { agentMigrations } from "./store/agentSchema.ts"
import { Database } from "./store/Database.ts"
import { Identity } from "./store/Identity.ts"
import { Ledger } from "./store/Ledger.ts"
import { ledgerMigrations } from "./store/ledgerSchema.ts"
import { Outbox } from "./store/Outbox.ts"
import { Snapshots } from "./store/Snapshots.ts"
import { StatusFile } from "./store/StatusFile.ts"
import { Trust } from "./store/Trust.ts"
import { Supervisor } from "./Supervisor.ts"
import * as HttpsClient from "./transport/https/HttpsClient.ts"
import * as HttpsControlPlane from "./transport/https/HttpsControlPlane.ts"
import * as HttpsFeedSource from "./transport/https/HttpsFeedSource.ts"
import * as HttpsReleaseFiles from "./transport/https/HttpsReleaseFiles.ts"
import * as HttpsServerProbe from "./transport/https/HttpsServerProbe.ts"
import * as DirectoryFeedStore from "./vulnerability/DirectoryFeedStore.ts"
import * as FeedLoop from "./vulnerability/FeedLoop.ts"

/** The composition root: the only place that chooses live layers. */
const platform = Layer.mergeAll(NodeServices.layer, NodeCrypto.layerSecureRandom, Environment.layer)

/** Any user may scan with the feed that the daemon keeps, without being allowed to read its configuration. */
const feedStore = Layer.unwrap(
  Effect.map(stateDirectory(Option.none()), (directory) => DirectoryFeedStore.layer(`${directory}/feeds`)),
)

/** This machine: facts, programs, package managers, vulnerability feed. */
const machine = Layer.merge(HostPackageManagers.layer, feedStore).pipe(
  Layer.provideMerge(
    Layer.mergeAll(LinuxHost.layer.pipe(Layer.provide(NodeSystemCalls.layer)), NodeSubprocess.layer),
  ),
)

const scanner = HostScanner.layerCollected.pipe(Layer.provide(CanonicalLivePatches.layer))

/** This machine and the scan over it, as this process sees it. */
const scannedHere = scanner.pipe(Layer.provideMerge(CollectHere.layer), Layer.provideMerge(machine))

const config = Layer.unwrap(Effect.map(ConfigFlag, layerFile))

const logging = Layer.unwrap(Effect.map(AgentConfig, ({ log_level }) => AgentLogger.layer(log_level)))

/** Of the daemon alone: root does not write to a directory that another user owns. */
const daemonLogging = Layer.unwrap(
  Effect.map(AgentConfig, ({ log_level, log_directory }) => AgentLogger.layer(log_level, log_directory)),
)

const statusFile = Layer.unwrap(
  Effect.map(AgentConfig, ({ state_directory }) => StatusFile.layer(state_directory)),
)

/** The state directory may be entered by everybody, for the status file; what else is in it is private. */
const stateDirectoryMade = Layer.effectDiscard(
  Effect.gen(function* () {
    const { state_directory } = yield* AgentConfig
    const files = yield* FileSystem.FileSystem
    yield* Effect.ignore(files.makeDirectory(state_directory, { recursive: true, mode: 0o755 }))
  }),
)

/** What an installation takes beyond the package managers. */
const installing = (directory: string) =>
  Layer.mergeAll(
    ApplyThroughInstaller.layer(installerSocket).pipe(Layer.provide(NodeUnixSocket.layer)),
    SystemReboot.layer,
    TransactionPace.layer(`${directory}/pace.json`),
  ).pipe(Layer.provideMerge(LeftBehind.layer(directory)))

/** Where root's programs write what outlives us. */
const outputInOwnDirectory = Layer.effect(
  OutputDirectory,
  Effect.map(AgentConfig, ({ state_directory }) => executorDirectory(state_directory)),
)

/** Ledger, keys and what is decided by them, in a directory of their own. */
const decisions = (directoryOf: (stateDirectory: string) => string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { state_directory } = yield* AgentConfig
      const directory = directoryOf(state_directory)
      yield* ownDirectory(directory)
      return Executor.layer.pipe(
        Layer.provide(Layer.merge(HostPolicy.layer(policyPath), installing(directory))),
        Layer.provideMerge(Ledger.layer),
        Layer.provide(Database.layer(`${directory}/executor.sqlite`, ledgerMigrations)),
        Layer.provideMerge(Trust.layer(`${directory}/trust.json`)),
      )
    }),
  )

/** Starts this very program again as an executor, under the same configuration. */
const selfAsExecutor = (
  { path }: LoadedConfig,
  variables: Environment["Service"]["variables"],
): ExecutorProgram => ({
  program: process.execPath,
  // The executable needs neither flags of Node nor a file of a program: there, the second word is the name that it was
  // called by.
  args: [
    ...(isSea() ? [] : [...process.execArgv, ...process.argv.slice(1, 2)]),
    "execute",
    ...(path === defaultConfigPath ? [] : ["--config", path]),
  ],
  env: Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value !== undefined && (name.startsWith("PATCHCTL_") || name === "CREDENTIALS_DIRECTORY")
        ? [[name, value]]
        : [],
    ),
  ),
})

/** Without root and without a socket there is nobody who could change this host. */
const readOnly = Layer.effect(
  AgentConfig,
  Effect.map(AgentConfig, (loaded) => ({ ...loaded, read_only: true })),
)

/** The way to the executor, where it keeps the keys that it obeys, and who looks at the packages for a scan. */
const executorSide = Layer.unwrap(
  Effect.gen(function* () {
    const way = yield* ExecutorWay
    const loaded = yield* AgentConfig
    const { variables, userId } = yield* Environment
    if (way.kind === "in_process") {
      return InProcessExecutor.layer.pipe(
        Layer.provideMerge(decisions(inProcessDirectory).pipe(Layer.provide(readOnly))),
        Layer.provideMerge(scannedHere),
      )
    }
    const client =
      way.kind === "socket"
        ? connectExecutor(way.path).pipe(Layer.provide(NodeUnixSocket.layer))
        : spawnExecutor(selfAsExecutor(loaded, variables))
    const scanned =
      userId === 0
        ? scanner.pipe(Layer.provideMerge(CollectHere.layer))
        : scanner.pipe(Layer.provide(CollectThroughExecutor.layer), Layer.provide(CollectHere.layer))
    return scanned.pipe(
      Layer.provideMerge(client),
      Layer.provideMerge(Trust.layer(`${executorDirectory(loaded.state_directory)}/trust.json`)),
      Layer.provideMerge(machine),
    )
  }),
)

const store = Layer.mergeAll(Identity.layer, Outbox.layer, Snapshots.layer).pipe(
  Layer.provide(
    Layer.unwrap(
      Effect.map(AgentConfig, ({ state_directory }) =>
        Database.layer(`${state_directory}/agent.sqlite`, agentMigrations),
      ),
    ),
  ),
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
  Layer.provideMerge(Layer.mergeAll(Supervisor.layer, CommandInbox.layer, BeatMemory.layer, controlPlane)),
  Layer.provideMerge(store),
  Layer.provideMerge(SystemdNotify.layer),
  Layer.provideMerge(executorSide),
  Layer.provideMerge(ExecutorWay.layer),
  // The first thing to happen: whatever follows belongs to one daemon at a time.
  Layer.provideMerge(onlyDaemon),
  Layer.provideMerge(statusFile),
  Layer.provideMerge(stateDirectoryMade),
  Layer.provideMerge(daemonLogging),
  Layer.provideMerge(config),
)

const configured = Layer.provideMerge(logging, config)

/** What the executor answers with, as a program of its own. */
const executorLayers = {
  signed: decisions(executorDirectory).pipe(
    Layer.provideMerge(scannedHere),
    Layer.provideMerge(Layer.merge(statusFile, outputInOwnDirectory)),
    Layer.provideMerge(configured),
  ),
  local: scannedHere.pipe(Layer.provideMerge(statusFile), Layer.provideMerge(configured)),
}

/** What an attempt to update works with, beside whoever restarts the agent. */
const updating = Layer.mergeAll(
  BeatWitness.layer,
  Candidate.layer,
  CommandWatch.layer,
  Slots.layer,
  TufReleaseSource.layer.pipe(Layer.provide(HttpsReleaseFiles.layer), Layer.provide(HttpsClient.layer)),
  UpdateMemory.layer,
).pipe(
  Layer.provideMerge(Layer.mergeAll(Installation.layer, NodeSubprocess.layer, NodeSystemCalls.layer)),
  Layer.provideMerge(configured),
)

/** The whole command line with live services. */
const program = root([
  status,
  scan.pipe(Command.provide(scannedHere)),
  selftest.pipe(Command.provide(Layer.merge(machine, HttpsServerProbe.layer))),
  run.pipe(Command.provide(daemon)),
  execute(executorLayers),
  update.pipe(Command.provide(updating)),
  apply.pipe(
    // The directory for the handler, too: its lock is where an executor looks for it.
    Command.provide(machine.pipe(Layer.provideMerge(outputInOwnDirectory), Layer.provideMerge(configured))),
  ),
]).pipe(Command.run({ version: agentVersion }), commandLine, Effect.provide(platform))

/** What `bin.ts` starts, `status` and `--version` by themselves aside. */
export const main = (): void => runProgram(program)

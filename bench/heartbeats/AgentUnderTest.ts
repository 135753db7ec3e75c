import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandInbox } from "../../src/command/CommandInbox.ts"
import { ExecutorClient } from "../../src/command/ExecutorClient.ts"
import { AgentConfig, AgentConfigFile } from "../../src/config/AgentConfig.ts"
import { Environment } from "../../src/config/Environment.ts"
import { layerFile } from "../../src/config/loadConfig.ts"
import type { ServeReport } from "../../src/control-plane/cli/serve.ts"
import { BeatMemory } from "../../src/heartbeat/BeatMemory.ts"
import { Host } from "../../src/host/Host.ts"
import * as LinuxHost from "../../src/host/LinuxHost.ts"
import * as NodeSystemCalls from "../../src/host/NodeSystemCalls.ts"
import * as AgentLogger from "../../src/observability/AgentLogger.ts"
import { agentMigrations } from "../../src/store/agentSchema.ts"
import { Database } from "../../src/store/Database.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Outbox } from "../../src/store/Outbox.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import { Trust } from "../../src/store/Trust.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import * as HttpsClient from "../../src/transport/https/HttpsClient.ts"
import * as HttpsControlPlane from "../../src/transport/https/HttpsControlPlane.ts"

const encodeConfig = Schema.encodeEffect(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

/** Writes the configuration of an agent with its state in `directory`, as an operator would. */
export const writeConfig = Effect.fnUntraced(function* (
  directory: string,
  server: ServeReport,
  apiUrl = server.api_url,
) {
  const files = yield* FileSystem.FileSystem
  const keys = {
    license_key: yield* files.readFileString(server.license_key_file),
    api_url: apiUrl,
    ca_file: server.ca_file,
    log_level: "warn",
    state_directory: directory,
  } satisfies typeof AgentConfigFile.Encoded
  const path = `${directory}/config.json`
  yield* files.writeFileString(path, yield* encodeConfig(keys), { mode: 0o600 })
  return path
})

/** Nothing of the shell the benchmark is started from, such as a proxy, changes what is measured. */
const environment = Layer.succeed(Environment, { variables: {}, userId: process.geteuid?.() ?? 0 })

/** This host with the two file systems that most have, so that a beat is as large on every host. */
const host = Layer.effect(
  Host,
  Effect.map(Host, (real) =>
    Host.of({
      ...real,
      metrics: Effect.map(real.metrics, (metrics) => ({
        ...metrics,
        disks: [
          { mount: "/", totalBytes: 42_100_000_768, availableBytes: 31_234_560_000 },
          { mount: "/boot", totalBytes: 511_705_088, availableBytes: 312_345_600 },
        ],
      })),
    }),
  ),
).pipe(Layer.provide(LinuxHost.layer), Layer.provide(NodeSystemCalls.layer))

/** No executor is started for the one thing that a beat may ask of it. */
const pinsItself = Layer.unwrap(
  Effect.map(Trust, (trust) =>
    Layer.mock(ExecutorClient, { pin: (anchor) => Effect.orDie(trust.pin(anchor)) }),
  ),
)

/** The daemon as `main.ts` puts it together, without its loops: the benchmark sets the pace. */
export const layer = (configPath: string) =>
  Layer.mergeAll(
    HttpsControlPlane.layer.pipe(Layer.provide(HttpsClient.layer)),
    Supervisor.layer,
    CommandInbox.layer,
    BeatMemory.layer,
    host,
  ).pipe(
    Layer.provideMerge(
      Layer.unwrap(
        Effect.map(AgentConfig, ({ state_directory: directory }) =>
          Layer.mergeAll(
            Identity.layer,
            Outbox.layer,
            Snapshots.layer,
            pinsItself.pipe(Layer.provideMerge(Trust.layer(`${directory}/trust.json`))),
          ).pipe(Layer.provide(Database.layer(`${directory}/agent.sqlite`, agentMigrations))),
        ),
      ),
    ),
    Layer.provideMerge(AgentLogger.layer("warn")),
    Layer.provideMerge(layerFile(Option.some(configPath))),
    Layer.provideMerge(environment),
    Layer.provideMerge(NodeServices.layer),
  )

import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { AgentConfig, type LoadedConfig } from "../../../src/config/AgentConfig.ts"
import { Environment } from "../../../src/config/Environment.ts"
import { isAlive } from "../../../src/host/processIdentity.ts"
import * as NodeSubprocess from "../../../src/host/NodeSubprocess.ts"
import * as NodeSystemCalls from "../../../src/host/NodeSystemCalls.ts"
import { Subprocess } from "../../../src/host/Subprocess.ts"
import { BeatWitness } from "../../../src/self-update/BeatWitness.ts"
import { Candidate } from "../../../src/self-update/Candidate.ts"
import { CommandWatch } from "../../../src/self-update/CommandWatch.ts"
import * as HostServiceControl from "../../../src/self-update/hostServiceControl.ts"
import { Installation } from "../../../src/self-update/Installation.ts"
import { Slots } from "../../../src/self-update/Slots.ts"
import * as TufReleaseSource from "../../../src/self-update/TufReleaseSource.ts"
import { updateAgent } from "../../../src/self-update/updateAgent.ts"
import { UpdateMemory } from "../../../src/self-update/UpdateMemory.ts"
import * as HttpsClient from "../../../src/transport/https/HttpsClient.ts"
import * as HttpsReleaseFiles from "../../../src/transport/https/HttpsReleaseFiles.ts"
import * as AgentLayers from "../../fakes/AgentLayers.ts"
import { restartProgram, standIn } from "./standIn.ts"

/** The server that a host gets its releases from. */
export interface Server {
  readonly url: string
  readonly caFile: string
}

/** Long enough for a process to start on a busy machine. */
export const shortWindow = Duration.seconds(4)

/** The configuration of a host whose files are all below `root`. */
export const configOf = (root: string, { url, caFile }: Server): LoadedConfig => ({
  ...AgentLayers.config,
  path: `${root}/config.json`,
  api_url: url,
  ca_file: caFile,
  no_proxy: ["*"],
  state_directory: `${root}/state`,
})

/** Everything real: files, processes, TLS. */
export const layers = (root: string, config: LoadedConfig, system = NodeSystemCalls.layer) =>
  Layer.mergeAll(
    BeatWitness.layer,
    Candidate.layer,
    CommandWatch.layer,
    HostServiceControl.layer(Option.some(`${root}/restart`)),
    Slots.layer,
    TufReleaseSource.layer.pipe(Layer.provide(HttpsReleaseFiles.layer), Layer.provide(HttpsClient.layer)),
    UpdateMemory.layer,
  ).pipe(
    Layer.provideMerge(Layer.mergeAll(Installation.layer, NodeSubprocess.layer, system)),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.succeed(AgentConfig, config),
        Layer.succeed(Environment, { variables: { PATCHCTL_INSTALLATION: root }, userId: 0 }),
        NodeServices.layer,
        Logger.layer([]),
      ),
    ),
  )

/** One attempt on the host below `root`. */
export const attempt = (
  root: string,
  server: Server,
  changes: Partial<LoadedConfig> = {},
  window = shortWindow,
) => updateAgent(window).pipe(Effect.provide(layers(root, { ...configOf(root, server), ...changes })))

/** Starts what is in use, as the service manager does when a host boots. */
export const boot = (root: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const subprocess = yield* Subprocess
    yield* files.remove(`${root}/pid`, { force: true })
    yield* files.remove(`${root}/state/status.json`, { force: true })
    yield* subprocess.run({ program: `${root}/restart`, args: [], timeout: "30 seconds" })
  }).pipe(Effect.provide(NodeSubprocess.layer.pipe(Layer.provideMerge(NodeServices.layer))))

/** The daemon's own word, as far as it goes here. */
const Running = /"agentVersion":"([^"]+)","processIdentity":"([^"]+)"/

/** Which version runs on a host; undefined when none does. */
export const running = (root: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const text = yield* Effect.orElseSucceed(files.readFileString(`${root}/state/status.json`), () => "")
    const [, version, identity = ""] = Running.exec(text) ?? []
    return (yield* isAlive(identity)) ? version : undefined
  }).pipe(Effect.provide(NodeServices.layer))

/** Lays out a host as the installation script leaves it, with 1.0.0, and starts the daemon. Ends with the scope. */
export const install = Effect.fn("install")(function* (root: string, rootMetadata: string) {
  const files = yield* FileSystem.FileSystem
  for (const directory of ["bin", "update", "state"]) {
    yield* files.makeDirectory(`${root}/${directory}`, { recursive: true })
  }
  yield* files.writeFileString(`${root}/bin/patchctl-agent`, standIn("1.0.0"), { mode: 0o755 })
  yield* files.writeFileString(`${root}/restart`, restartProgram, { mode: 0o755 })
  yield* files.writeFileString(`${root}/installed-by`, "script\n")
  yield* files.copyFile(rootMetadata, `${root}/update/root.json`)
  yield* Effect.addFinalizer(() => Effect.ignore(stop(root)))
})

/** Ends the daemon of a host. */
export const stop = (root: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const pid = Number(yield* files.readFileString(`${root}/pid`))
    yield* Effect.try(() => process.kill(pid, "SIGKILL"))
  }).pipe(Effect.provide(NodeServices.layer))

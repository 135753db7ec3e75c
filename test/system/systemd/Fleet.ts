import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Schema from "effect/Schema"
import * as Esbuild from "esbuild"
import { ServeReport } from "../../../src/control-plane/cli/serve.ts"
import { CommandRecord, Server } from "../../../src/protocol/OperatorApi.ts"
import { eventually } from "../../eventually.ts"
import { BoxError } from "../lab/hostProcess.ts"
import { installUnits, make, type SystemdBox } from "./SystemdBox.ts"

// One machine with a real systemd, the agent installed as its package would install it, and a control plane beside it.

const checkout = `${import.meta.dirname}/../../..`
const node = "/opt/lab/node"
const agent = "/opt/lab/program/agent.mjs"
const controlPlane = "/opt/lab/program/control-plane.mjs"

/** What the executable will carry: V8 without code generation, which is what lets MemoryDenyWriteExecute stand. */
const nodeFlags = "--max-semi-space-size=1 --lite-mode --v8-pool-size=0"

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(ServeReport))
const decodeServers = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Server)))
const decodeRecord = Schema.decodeUnknownEffect(Schema.fromJsonString(CommandRecord))

/** Dependencies that are CommonJS ask for Node's own modules with it. */
const requireForCommonJs =
  'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url)'

/** A program as one JavaScript file: without WebAssembly, which --lite-mode takes away, Node cannot read TypeScript. */
const bundled = (source: string) =>
  Effect.tryPromise({
    try: () =>
      Esbuild.build({
        entryPoints: [`${checkout}/src/${source}`],
        write: false,
        bundle: true,
        platform: "node",
        format: "esm",
        banner: { js: requireForCommonJs },
        logLevel: "silent",
      }),
    catch: (cause) => new BoxError({ what: `${source} cannot be bundled`, cause }),
  }).pipe(Effect.map(({ outputFiles }) => outputFiles.map(({ text }) => text).join("")))

const controlPlaneUnit = `[Service]
ExecStart=${node} ${controlPlane} serve --json --data /var/lib/control-plane --listen 127.0.0.1:8443 --heartbeat-seconds 2
[Install]
WantedBy=multi-user.target
`

const configuration = (licenseKey: string) => ({
  license_key: licenseKey,
  api_url: "https://127.0.0.1:8443",
  ca_file: "/etc/patchctl/ca.pem",
  heartbeat_seconds: 2,
  scan_seconds: 600,
  refresh: "never",
  quiet_period_seconds: 0,
})

export interface Fleet {
  readonly box: SystemdBox
  /** The one server, as the control plane knows it, once it satisfies `until`. */
  readonly server: (what: string, until: (server: Server) => boolean) => Effect.Effect<Server, unknown>
  /** Queues one command with the flags of `patchctl-control-plane queue`; answers its id. */
  readonly queue: (...command: ReadonlyArray<string>) => Effect.Effect<string, unknown>
  /** What became of a command, once it is over. */
  readonly finished: (commandId: string) => Effect.Effect<CommandRecord, unknown>
}

/** The agent started by `systemctl enable --now patchctl`, and its first heartbeat at the control plane. */
export const makeFleet = Effect.fnUntraced(function* (release: string) {
  const fs = yield* FileSystem.FileSystem
  const box = yield* make(`${release}-service`, {
    binds: [[yield* fs.realPath(process.execPath), node]],
  })
  yield* box.writeFile(agent, yield* bundled("bin.ts"))
  yield* box.writeFile(controlPlane, yield* bundled("control-plane/bin.ts"))
  yield* box.writeFile("/etc/systemd/system/control-plane.service", controlPlaneUnit)
  yield* box.must(["systemctl", "daemon-reload"])
  yield* box.must(["systemctl", "enable", "--quiet", "--now", "control-plane"])
  const said = yield* eventually(
    "the control plane serves",
    box.run(["journalctl", "--quiet", "--output", "cat", "--unit", "control-plane", "--grep", "^{"]),
    ({ exitCode }) => exitCode === 0,
  )
  const report = yield* decodeReport(said.stdout.split("\n")[0])
  yield* installUnits(box)
  yield* box.writeFile(
    "/opt/patchctl/bin/patchctl-agent",
    `#!/bin/sh\nexec ${node} ${nodeFlags} ${agent} "$@"\n`,
    "755",
  )
  yield* box.must(["install", "-D", "-m", "644", report.ca_file, "/etc/patchctl/ca.pem"])
  const key = (yield* box.must(["cat", report.license_key_file])).trim()
  yield* box.writeFile("/etc/patchctl/config.json", JSON.stringify(configuration(key)), "600")
  yield* box.must(["systemctl", "enable", "--quiet", "--now", "patchctl"])

  const operator = (...args: ReadonlyArray<string>) =>
    box.must([node, controlPlane, ...args, "--json", "--data", report.data_directory])
  const server: Fleet["server"] = (what, until) =>
    eventually(
      what,
      operator("servers").pipe(
        Effect.flatMap(decodeServers),
        Effect.orElseSucceed(() => []),
      ),
      ([first]) => first !== undefined && until(first),
    ).pipe(
      Effect.flatMap(([first]) => (first === undefined ? Effect.fail("no server") : Effect.succeed(first))),
      Effect.tapError(() =>
        box
          .run(["journalctl", "-q", "--no-pager", "-n", "60"])
          .pipe(Effect.flatMap(({ stdout }) => Effect.logError(stdout))),
      ),
    )
  const fleet: Fleet = {
    box,
    server,
    queue: (...command) =>
      operator("queue", "box", ...command).pipe(
        Effect.flatMap(decodeRecord),
        Effect.map(({ commandId }) => commandId),
      ),
    finished: (commandId) =>
      eventually(
        "the command has a result",
        operator("results", commandId).pipe(Effect.flatMap(decodeRecord), Effect.option),
        (record) => record._tag === "Some" && record.value.state === "finished",
        "120 seconds",
      ).pipe(
        Effect.flatMap(Effect.fromOption),
        Effect.tapError(() =>
          box
            .run(["journalctl", "-q", "--no-pager", "-n", "80"])
            .pipe(Effect.flatMap(({ stdout }) => Effect.logError(stdout))),
        ),
      ),
  }
  yield* server("the first heartbeat", ({ heartbeats }) => heartbeats > 0)
  return fleet
}, Effect.provide(NodeServices.layer))

import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { ServeReport } from "../../../src/control-plane/cli/serve.ts"
import { CommandRecord, Server } from "../../../src/protocol/OperatorApi.ts"
import { eventually } from "../../eventually.ts"
import type { SystemdBox } from "./SystemdBox.ts"

// A control plane inside of a machine, and its operator. The machine needs the binds of `controlPlaneBinds`.

const node = "/srv/tools/node"
const program = "/srv/tools/control-plane.mjs"

const serveFlags = "--json --data /var/lib/control-plane --listen 127.0.0.1:8443 --heartbeat-seconds 2"
/** Its first line of output is the report that `operateControlPlane` takes. */
export const serveArgv = [node, program, "serve", ...serveFlags.split(" ")]

const unit = `[Service]
ExecStart=${serveArgv.join(" ")}
[Install]
WantedBy=multi-user.target
`

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(ServeReport))
const decodeServers = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Server)))
const decodeRecord = Schema.decodeUnknownEffect(Schema.fromJsonString(CommandRecord))

export interface BoxControlPlane {
  readonly apiUrl: string
  readonly caFile: string
  readonly licenseKey: string
  /** What the tests want of an agent beyond key, address and authorities. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Runs a verb of `patchctl-control-plane` on its data, with `--json`; answers stdout. */
  readonly operator: (...args: ReadonlyArray<string>) => Effect.Effect<string, unknown>
  /** The one server, as the control plane knows it, once it satisfies `until`. */
  readonly server: (what: string, until: (server: Server) => boolean) => Effect.Effect<Server, unknown>
  /** Queues one command with the flags of `patchctl-control-plane queue`; answers its id. */
  readonly queue: (...command: ReadonlyArray<string>) => Effect.Effect<string, unknown>
  /** What became of a command, once it is over. */
  readonly finished: (commandId: string) => Effect.Effect<CommandRecord, unknown>
  /** Both. */
  readonly carriedOut: (...command: ReadonlyArray<string>) => Effect.Effect<CommandRecord, unknown>
}

/** Node and the bundle of the control plane, as a machine sees them. */
export const controlPlaneBinds = (bundle: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return [[yield* fs.realPath(process.execPath), node] as const, [bundle, program] as const]
  }).pipe(Effect.provide(NodeServices.layer))

/** A control plane that runs in the machine and has said `reportLine`; `log` is what to show when it is waited for in vain. */
export const operateControlPlane = Effect.fnUntraced(function* (
  box: Pick<SystemdBox, "must">,
  reportLine: string | undefined,
  log: Effect.Effect<string, unknown>,
) {
  const telling = Effect.tapError(() => Effect.flatMap(log, Effect.logError))
  const report = yield* decodeReport(reportLine)
  const operator: BoxControlPlane["operator"] = (...args) =>
    box.must([node, program, ...args, "--json", "--data", report.data_directory])

  const queue: BoxControlPlane["queue"] = (...command) =>
    Effect.map(
      Effect.flatMap(operator("queue", "box", ...command), decodeRecord),
      ({ commandId }) => commandId,
    )
  const finished: BoxControlPlane["finished"] = (commandId) =>
    eventually(
      "the command has a result",
      // Not answered while the machine boots.
      operator("results", commandId).pipe(Effect.flatMap(decodeRecord), Effect.option),
      (record) => record._tag === "Some" && record.value.state === "finished",
      "120 seconds",
    ).pipe(Effect.flatMap(Effect.fromOption), telling)
  const controlPlane: BoxControlPlane = {
    apiUrl: "https://127.0.0.1:8443",
    caFile: report.ca_file,
    licenseKey: (yield* box.must(["cat", report.license_key_file])).trim(),
    settings: { heartbeat_seconds: 2, refresh: "never", quiet_period_seconds: 0 },
    operator,
    server: (what, until) =>
      eventually(
        what,
        operator("servers").pipe(
          Effect.flatMap(decodeServers),
          Effect.orElseSucceed(() => []),
        ),
        ([first]) => first !== undefined && until(first),
      ).pipe(
        Effect.flatMap(([first]) => (first === undefined ? Effect.fail("no server") : Effect.succeed(first))),
        telling,
      ),
    queue,
    finished,
    carriedOut: (...command) => Effect.flatMap(queue(...command), finished),
  }
  return controlPlane
})

/** Starts it as a service that comes back with the machine. */
export const startControlPlane = Effect.fnUntraced(function* (box: SystemdBox) {
  yield* box.writeFile("/etc/systemd/system/control-plane.service", unit)
  yield* box.must(["systemctl", "daemon-reload"])
  yield* box.must(["systemctl", "enable", "--quiet", "--now", "control-plane"])
  const said = yield* eventually(
    "the control plane serves",
    box.run(["journalctl", "--quiet", "--output", "cat", "--unit", "control-plane", "--grep", "^{"]),
    ({ exitCode }) => exitCode === 0,
  )
  const journal = box.must(["journalctl", "-q", "--no-pager", "-n", "80"])
  return yield* operateControlPlane(box, said.stdout.split("\n")[0], journal)
})

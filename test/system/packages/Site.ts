import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ServeReport } from "../../../src/control-plane/cli/serve.ts"
import { AgentStatus } from "../../../src/domain/AgentStatus.ts"
import { CommandRecord, Server } from "../../../src/protocol/OperatorApi.ts"
import { eventually } from "../../eventually.ts"
import { make, type SystemdBox } from "../systemd/SystemdBox.ts"
import { must, type BuiltRelease, type Releases } from "./releases.ts"

// A machine with a real systemd and a control plane, and nothing of the agent. Both releases are in /srv.

const tools = "/srv/tools"
const apiUrl = "https://127.0.0.1:8443"

const controlPlaneUnit = `[Service]
ExecStart=${tools}/node ${tools}/control-plane.mjs serve --json --data /var/lib/control-plane --listen 127.0.0.1:8443 --heartbeat-seconds 2
[Install]
WantedBy=multi-user.target
`

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(ServeReport))
const decodeServers = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Server)))
const decodeRecord = Schema.decodeUnknownEffect(Schema.fromJsonString(CommandRecord))
const decodeStatus = Schema.decodeUnknownEffect(Schema.fromJsonString(AgentStatus))

export interface Site {
  readonly box: SystemdBox
  readonly apiUrl: string
  readonly caFile: string
  readonly licenseKey: string
  /** What the tests want of the agent beyond key, address and authorities. */
  readonly settings: Readonly<Record<string, unknown>>
  /** The one server, as the control plane knows it, once it satisfies `until`. */
  readonly server: (what: string, until: (server: Server) => boolean) => Effect.Effect<Server, unknown>
  /** Has the agent carry out a command, given by the flags of `patchctl-control-plane queue`. */
  readonly carriedOut: (...command: ReadonlyArray<string>) => Effect.Effect<CommandRecord, unknown>
  /** The version and process that the daemon says it is. */
  readonly daemon: Effect.Effect<AgentStatus, unknown>
}

/** A flat archive of apt's with the newer package, as a company would serve it. */
const aptArchive = Effect.fnUntraced(function* ({ folder }: BuiltRelease) {
  yield* must("sh", "-euc", 'cd "$1"; apt-ftparchive packages . >Packages', "sh", folder)
})

export const makeSite = Effect.fnUntraced(function* ({ older, newer }: Releases["Service"]) {
  const fs = yield* FileSystem.FileSystem
  yield* aptArchive(newer)
  const box = yield* make("bookworm-service", {
    diskSize: "4g",
    binds: [
      [yield* fs.realPath(process.execPath), `${tools}/node`],
      [older.controlPlane, `${tools}/control-plane.mjs`],
      [older.folder, "/srv/older"],
      [newer.folder, "/srv/newer"],
    ],
  })
  yield* box.writeFile("/etc/systemd/system/control-plane.service", controlPlaneUnit)
  yield* box.must(["systemctl", "daemon-reload"])
  yield* box.must(["systemctl", "enable", "--quiet", "--now", "control-plane"])
  const said = yield* eventually(
    "the control plane serves",
    box.run(["journalctl", "--quiet", "--output", "cat", "--unit", "control-plane", "--grep", "^{"]),
    ({ exitCode }) => exitCode === 0,
  )
  const report = yield* decodeReport(said.stdout.split("\n")[0])
  const operator = (...args: ReadonlyArray<string>) =>
    box.must([
      `${tools}/node`,
      `${tools}/control-plane.mjs`,
      ...args,
      "--json",
      "--data",
      report.data_directory,
    ])
  const journal = box
    .run(["journalctl", "-q", "--no-pager", "-n", "60"])
    .pipe(Effect.flatMap(({ stdout }) => Effect.logError(stdout)))
  const server: Site["server"] = (what, until) =>
    eventually(
      what,
      operator("servers").pipe(
        Effect.flatMap(decodeServers),
        Effect.orElseSucceed(() => []),
      ),
      ([first]) => first !== undefined && until(first),
    ).pipe(
      Effect.flatMap(([first]) => (first === undefined ? Effect.fail("no server") : Effect.succeed(first))),
      Effect.tapError(() => journal),
    )
  const site: Site = {
    box,
    apiUrl,
    caFile: report.ca_file,
    licenseKey: (yield* box.must(["cat", report.license_key_file])).trim(),
    settings: { heartbeat_seconds: 2, refresh: "never", quiet_period_seconds: 0 },
    server,
    carriedOut: Effect.fnUntraced(function* (...command) {
      const { commandId } = yield* Effect.flatMap(operator("queue", "box", ...command), decodeRecord)
      return yield* eventually(
        "the command has a result",
        Effect.flatMap(operator("results", commandId), decodeRecord),
        ({ state }) => state === "finished",
        "120 seconds",
      ).pipe(Effect.tapError(() => journal))
    }),
    daemon: Effect.flatMap(box.must(["cat", "/var/lib/patchctl/status.json"]), decodeStatus),
  }
  return site
}, Effect.provide(NodeServices.layer))

/** What using a machine changes anyway: databases of packages, caches, logs, copies that user tools keep, units of systemd. */
const restless = [
  "/var/cache",
  "/var/log",
  "/var/lib/apt",
  "/var/lib/dpkg",
  "/var/lib/control-plane",
  "/var/lib/unit-*",
  "/var/tmp/systemd-private-*",
  "/etc/passwd-",
  "/etc/group-",
  "/etc/shadow-",
  "/etc/gshadow-",
  "/etc/.pwd.lock",
  "/etc/ld.so.cache",
]

/** Every file of the machine with type, mode, owner, link target, and for /etc its digest; without what is restless. */
export const filesOf = Effect.fnUntraced(function* (box: SystemdBox) {
  const skip = restless.flatMap((path, index) => [...(index === 0 ? [] : ["-o"]), "-path", path])
  const find = ["find", "/", "-xdev", "(", ...skip, ")", "-prune", "-o"]
  const facts = yield* box.must([...find, "-printf", "%p %y %m %u:%G %l\\n"])
  const etc = yield* box.must(["find", "/etc", "-xdev", "-type", "f", "-exec", "sha256sum", "{}", "+"])
  const digests = etc.split("\n").filter((line) => !restless.some((path) => line.endsWith(` ${path}`)))
  return new Set([...facts.split("\n"), ...digests])
})

/** Lines of either that the other lacks. */
export const changes = (before: ReadonlySet<string>, after: ReadonlySet<string>): ReadonlyArray<string> => [
  ...[...before.difference(after)].map((line) => `- ${line}`),
  ...[...after.difference(before)].map((line) => `+ ${line}`),
]

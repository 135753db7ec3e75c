import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { files as dataFiles } from "../../../src/control-plane/data/DataDirectory.ts"
import { OperatorClient } from "../../../src/control-plane/cli/OperatorClient.ts"
import { ServeReport } from "../../../src/control-plane/cli/serve.ts"
import type { Command } from "../../../src/domain/Command.ts"
import type { CommandId } from "../../../src/domain/Identifiers.ts"
import { PackageName } from "../../../src/domain/Package.ts"
import { enrolledAs, loopOf, makeAgentHome } from "../../e2e/AgentProcess.ts"
import { controlPlaneProgram, Programs } from "../../e2e/Programs.ts"
import { appears, eventually } from "../../eventually.ts"
import { makePki, issueCertificate } from "../../fakes/TestPki.ts"
import { kill, start } from "../lab/hostProcess.ts"
import { makeNetwork, serverAddress, serverName } from "../lab/network/Network.ts"
import type { Line } from "../lab/network/relay.ts"
import { impostorPorts, type ImpostorName } from "./impostorPorts.ts"

const decodeReport = Schema.decodeUnknownOption(Schema.fromJsonString(ServeReport))
const impostorProgram = fileURLToPath(new URL("impostor.ts", import.meta.url))

const heartbeatSeconds = 2

/** Becomes the agent in a mount namespace of its own, where hosts, resolver and dpkg's database are files of the test. */
const ownFiles = [
  "sh",
  "-c",
  'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && mount --bind "$3" /var/lib/dpkg/status && shift 3 && exec "$@"',
  "sh",
] as const

const errands: ReadonlyArray<Command> = [
  { name: "health_check", parameters: {} },
  { name: "get_package_info", parameters: { packages: [PackageName.make("dpkg")] } },
]

/** The daemon, its control plane and the network between them. */
export const makeNetworkedAgent = Effect.fn("NetworkedAgent.make")(function* (number: number) {
  const files = yield* FileSystem.FileSystem
  const programs = yield* Programs
  const network = yield* makeNetwork(number)
  const { directory } = programs
  const path = (name: string) => `${directory}/${name}`

  // Whatever test starts it again: it lives as long as the network.
  const scope = yield* Effect.scope
  const startServer = programs
    .start(
      controlPlaneProgram,
      ["serve", "--json", "--data", path("data"), "--listen", `${network.operatorAddress}:8443`].concat([
        "--name",
        serverName,
        "--heartbeat-seconds",
        String(heartbeatSeconds),
      ]),
      { through: network.inServer },
    )
    .pipe(Scope.provide(scope))
  let server = yield* startServer
  const report = yield* appears("the control plane serves", Effect.map(server.stdout, decodeReport))
  const secret = (file: string) => Effect.map(files.readFileString(file), (text) => text.trim())
  const ca = yield* files.readFileString(report.ca_file)
  const operator = Context.get(
    yield* Layer.build(
      OperatorClient.layer({
        url: `https://${network.operatorAddress}:8443`,
        ca,
        token: Redacted.make(yield* secret(report.operator_token_file)),
      }),
    ),
    OperatorClient,
  )
  const straight: Line = { to: { host: network.operatorAddress, port: 8443 } }
  yield* network.line(straight)

  const { root } = yield* makePki
  const order = { subject: "impostor", hosts: [serverName] }
  for (const [name, certificate] of [
    ["good", yield* issueCertificate({ ...order, issuer: root })],
    ["bad", yield* issueCertificate(order)],
  ] as const) {
    yield* files.writeFileString(path(`${name}.pem`), certificate.pem)
    yield* files.writeFileString(path(`${name}.key`), certificate.privateKeyPem)
  }
  const impostor = yield* start([...network.inServer, process.execPath, impostorProgram, directory], {
    env: { PATH: process.env["PATH"] ?? "" },
    stdin: "null",
    stop: kill,
  })
  yield* eventually("the impostors listen", impostor.stdout, (text) => text.includes("listening"))

  const known = `127.0.0.1 localhost\n${serverAddress} ${serverName}\n`
  yield* files.writeFileString(path("hosts"), known)
  yield* files.writeFileString(path("resolv.conf"), `nameserver ${serverAddress}\n`)
  yield* files.copyFile("/var/lib/dpkg/status", path("status"))
  yield* files.writeFileString(path("ca.pem"), `${ca}\n${root.pem}`)
  const home = yield* makeAgentHome(
    {
      api_url: `https://${serverName}`,
      ca_file: path("ca.pem"),
      license_key: yield* secret(report.license_key_file),
      heartbeat_seconds: heartbeatSeconds,
    },
    "spawn",
  )
  const daemon = yield* home
    .start({
      through: [...network.inAgent, ...ownFiles, path("hosts"), path("resolv.conf"), path("status")],
    })
    .pipe(Scope.provide(scope))
  const agentId = yield* enrolledAs(home, daemon.pid)
  const params = { agentId }

  const queued: Array<CommandId> = []
  /** Queues two commands that change nothing. */
  const queue = Effect.gen(function* () {
    const records = yield* Effect.forEach(errands, (command) =>
      operator.queue({ params, payload: { command } }),
    )
    const ids = records.map(({ commandId }) => commandId)
    queued.push(...ids)
    return ids
  })

  /** The host has more packages: stanzas of dpkg's database. */
  const install = (stanzas: string) => files.writeFileString(path("status"), stanzas, { flag: "a" })

  let installed = 0
  /** The host has one package more. */
  const changeInventory = Effect.suspend(() => {
    installed += 1
    const stanza = `\nPackage: patchctl-lab-${installed}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nMaintainer: lab\nDescription: lab\n\n`
    return install(stanza)
  })

  const begun = Effect.map(Effect.option(home.ledger), (ledger) =>
    Option.match(ledger, { onNone: () => [], onSome: ({ commands }) => commands }),
  )
  const finished = Effect.sync(() => {
    const database = new DatabaseSync(path(`data/${dataFiles.database}`), { readOnly: true, timeout: 5000 })
    try {
      return database
        .prepare("SELECT command_id AS id FROM commands WHERE result IS NOT NULL")
        .all()
        .map(({ id }) => String(id))
    } finally {
      database.close()
    }
  })
  const failures = Effect.map(home.status, (status) =>
    Option.match(status, {
      onNone: () => 0,
      onSome: (known_) => loopOf(known_, "heartbeat")?.consecutiveFailures ?? 0,
    }),
  )

  return {
    network,
    home,
    daemon,
    agentId,
    operator,
    straight,
    queued,
    queue,
    install,
    changeInventory,
    installed: () => installed,
    begun,
    /** Commands of which the control plane's database has a result. */
    finished,
    /** Beats that were lost in a row, as the daemon says. */
    failures,
    arrived: (ids: ReadonlyArray<string>) =>
      eventually(
        "the results arrive",
        finished,
        (known_) => ids.every((id) => known_.includes(id)),
        "2 minutes",
      ),
    killServer: Effect.suspend(() => Effect.andThen(server.signal("SIGKILL"), server.end)),
    startServer: Effect.gen(function* () {
      server = yield* startServer
      yield* appears("the control plane serves again", Effect.map(server.stdout, decodeReport))
    }),
    resolves: (does: boolean) => files.writeFileString(path("hosts"), does ? known : "127.0.0.1 localhost\n"),
    impostor: (name: ImpostorName): Line => ({ to: { host: "127.0.0.1", port: impostorPorts[name] } }),
    /** Which impostors were sent a request. */
    deceived: Effect.map(impostor.stdout, (text) => new Set(text.split("\n").slice(1, -1))),
    openFiles: Effect.map(files.readDirectory(`/proc/${daemon.pid}/fd`), ({ length }) => length),
    seconds: Effect.map(Clock.currentTimeMillis, (now) => now / 1000),
  }
})
export type NetworkedAgent = Effect.Success<ReturnType<typeof makeNetworkedAgent>>

import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { OperatorClient } from "../src/control-plane/cli/OperatorClient.ts"
import { ServeReport } from "../src/control-plane/cli/serve.ts"
import type { Command as HostCommand, CommandResult } from "../src/domain/Command.ts"
import { PackageName } from "../src/domain/Package.ts"
import { DemoReport, resultText, scanLine, serverLine } from "./demo/demoText.ts"
import { type Program, startProgram, stopProgram } from "./demo/programs.ts"
import { waitFor } from "./demo/waitFor.ts"

const heartbeatSeconds = 2

/** Takes responsibility for a program: it is stopped when the demo ends, unless it is to be kept. */
type Started = (program: Program) => Effect.Effect<Program, never, Scope.Scope>

const decodeServeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(ServeReport))
const encodeReport = Schema.encodeEffect(Schema.fromJsonString(DemoReport))

/** Starts a control plane on loopback with its data in `directory`, and waits until it serves. */
const startControlPlane = Effect.fn(function* (directory: string, started: Started) {
  const files = yield* FileSystem.FileSystem
  const args = ["serve", "--json", "--data", `${directory}/data`, "--listen", "127.0.0.1:0"]
  const interval = ["--heartbeat-seconds", String(heartbeatSeconds)]
  const program = yield* startProgram("control-plane", directory, [
    "src/control-plane/bin.ts",
    ...args,
    ...interval,
  ]).pipe(Effect.flatMap(started))
  const line = yield* waitFor(
    program,
    Effect.map(files.readFileString(program.stdout), (text) =>
      text.includes("\n") ? Option.some(text) : Option.none(),
    ),
  )
  return { program, report: yield* decodeServeReport(line) }
})

/** Writes a configuration as an operator would and starts the agent with it. */
const startAgent = Effect.fn(function* (directory: string, report: ServeReport, started: Started) {
  const files = yield* FileSystem.FileSystem
  const config = {
    license_key: (yield* files.readFileString(report.license_key_file)).trim(),
    api_url: report.api_url,
    ca_file: report.ca_file,
    heartbeat_seconds: heartbeatSeconds,
    quiet_period_seconds: 0,
    refresh: "never",
    state_directory: `${directory}/state`,
    no_proxy: ["*"],
  }
  const path = `${directory}/config.json`
  yield* files.writeFileString(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
  const args = ["src/bin.ts", "--config", path, "run"]
  const program = yield* startProgram("agent", directory, args).pipe(Effect.flatMap(started))
  return { config: path, program }
})

const demo = Effect.fn(function* ({ keep, json }: { readonly keep: boolean; readonly json: boolean }) {
  const files = yield* FileSystem.FileSystem
  const say = (text: string) => (json ? Effect.void : Console.log(text))
  const directory = yield* files.makeTempDirectory({ prefix: "patchctl-demo-" })
  yield* Effect.addFinalizer((exit) =>
    keep && Exit.isSuccess(exit) ? Effect.void : Effect.ignore(files.remove(directory, { recursive: true })),
  )
  const started = (program: Program) =>
    Effect.as(
      Effect.addFinalizer((exit) => (keep && Exit.isSuccess(exit) ? Effect.void : stopProgram(program))),
      program,
    )
  yield* Effect.forEach(["control-plane", "agent"], (name) => files.makeDirectory(`${directory}/${name}`))

  const controlPlane = yield* startControlPlane(`${directory}/control-plane`, started)
  yield* say(`control plane   ${controlPlane.report.api_url}`)
  const agent = yield* startAgent(`${directory}/agent`, controlPlane.report, started)

  const walk = Effect.gen(function* () {
    const operator = yield* OperatorClient
    const until = <A, E, R>(look: Effect.Effect<Option.Option<A>, E, R>) => waitFor(agent.program, look)
    const theServer = Effect.map(operator.servers(), (servers) => Option.fromNullishOr(servers[0]))

    const enrolled = yield* until(theServer)
    const params = { agentId: enrolled.agentId }
    yield* say(`enrolled        ${serverLine(enrolled)}`)
    const beating = yield* until(
      Effect.map(
        theServer,
        Option.filter(({ heartbeats }) => heartbeats >= 2),
      ),
    )
    yield* say(`heartbeats      ${beating.heartbeats}, every ${heartbeatSeconds} s`)
    const scan = yield* until(Effect.option(operator.scan({ params })))
    yield* say(`scan            ${scanLine(scan)}`)

    const order = (command: HostCommand) =>
      Effect.gen(function* () {
        const { commandId } = yield* operator.queue({ params, payload: { command } })
        const result: CommandResult = yield* until(
          Effect.map(operator.command({ params: { commandId } }), (record) =>
            Option.fromNullishOr(record.result),
          ),
        )
        yield* say(resultText(result))
        return result
      })
    const names = [...scan.updates.slice(0, 2).map(({ name }) => name), PackageName.make("bash")]
    const results = yield* Effect.forEach(
      [
        { name: "health_check", parameters: {} },
        { name: "check_updates", parameters: {} },
        {
          name: "get_package_info",
          parameters: { packages: [names[0] ?? PackageName.make("bash"), ...names.slice(1)] },
        },
        { name: "install_updates", parameters: { selection: { kind: "all" }, dry_run: true } },
      ] as const,
      order,
    )

    // What check_updates downloaded makes the agent scan again; both must come to the same.
    const checked = results.flatMap(({ output }) =>
      output?.command === "check_updates" ? [output.report] : [],
    )
    const newest = yield* until(
      Effect.map(operator.scan({ params }), (held) =>
        checked.every(({ counts }) => counts.updates === held.summary.counts.updates)
          ? Option.some(held)
          : Option.none(),
      ),
    )
    const last = Option.getOrElse(yield* theServer, () => beating)
    const report: DemoReport = {
      agent_id: last.agentId,
      heartbeats: last.heartbeats,
      packages: newest.summary.counts.packages,
      updates: newest.summary.counts.updates,
      security_updates: newest.summary.counts.securityUpdates,
      held_back: newest.summary.counts.heldBack,
      completeness: newest.summary.completeness.verdict,
      commands: Object.fromEntries(results.map(({ command, status }) => [command, status])),
    }
    if (json) yield* Effect.flatMap(encodeReport(report), Console.log)
  }).pipe(
    Effect.provide(
      OperatorClient.layer({
        url: controlPlane.report.api_url,
        ca: yield* files.readFileString(controlPlane.report.ca_file),
        token: Redacted.make((yield* files.readFileString(controlPlane.report.operator_token_file)).trim()),
      }),
    ),
  )

  yield* walk
  if (!keep) return
  yield* say(`
Both keep running. Try:
  npm run -s control-plane -- servers --data ${controlPlane.report.data_directory}
  npm run -s patchctl -- --config ${agent.config} status
Stop them with: kill ${agent.program.pid} ${controlPlane.program.pid}; then remove ${directory}`)
}, Effect.scoped)

Command.make(
  "demo",
  {
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription("Leave control plane and agent running"),
      Flag.withDefault(false),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  demo,
).pipe(
  Command.withDescription(
    "A control plane, an agent and this machine's real packages, in a throw-away directory",
  ),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)

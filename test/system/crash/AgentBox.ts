import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { build } from "esbuild"
import { randomUUID } from "node:crypto"
import { dirname } from "node:path"
import { SelftestReport } from "../../../src/cli/selftest.ts"
import { AgentStatus } from "../../../src/domain/AgentStatus.ts"
import type { Command } from "../../../src/domain/Command.ts"
import type { CommandId } from "../../../src/domain/Identifiers.ts"
import { ControlPlaneProcess } from "../../e2e/ControlPlaneProcess.ts"
import { Programs } from "../../e2e/Programs.ts"
import { appears, eventually } from "../../eventually.ts"
import * as Box from "../lab/Box.ts"
import { killAll, type Part, pidsOf } from "./boxProcesses.ts"

// A throw-away machine whose service is the whole agent, root daemon and executors, enrolled with a real control plane,
// and means to stop it at a step and to kill it.

const decodeStatus = Schema.decodeUnknownOption(Schema.fromJsonString(AgentStatus))
const decodeSelftest = Schema.decodeUnknownEffect(Schema.fromJsonString(SelftestReport))
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

/** systemd's part, with `Restart=always`. */
const service = (command: string) =>
  `while :; do ${command} run; echo "the daemon ended with $?"; sleep 0.5; done >>"$0" 2>&1`

/** Bundles `stoppableAgent.ts`: a bundle starts in a third of the time of the sources, and there are many starts. */
export const bundleAgent = (directory: string) =>
  Effect.promise(() =>
    build({
      entryPoints: [`${import.meta.dirname}/stoppableAgent.ts`],
      outfile: `${directory}/stoppableAgent.mjs`,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
      // Some packages are CommonJS.
      banner: {
        js: `import { createRequire as requireFrom } from "node:module";const require=requireFrom(import.meta.url);`,
      },
    }),
  )

/** `lane` tells this machine and its files from those of others. `prepare` runs before the agent's first start. */
export const makeAgentBox = Effect.fn("makeAgentBox")(function* <E>(
  lane: string,
  prepare: (box: Box.Box, inside: string) => Effect.Effect<void, E>,
) {
  const files = yield* FileSystem.FileSystem
  const programs = yield* Programs
  const { keys, operator, queue } = yield* ControlPlaneProcess
  const directory = yield* files.makeTempDirectory({ directory: programs.directory, prefix: `${lane}-` })
  // Files of the host: they outlive the machine's power.
  const inside = `/srv/${lane}`
  const box = yield* Box.make("bookworm-lab", {
    network: "host",
    binds: [{ source: directory, target: inside, writable: true }],
  })
  const init = box.hostPath("").split("/")[2] ?? ""
  const config = `${inside}/config.json`
  yield* files.copyFile(keys.ca_file, `${directory}/ca.pem`)
  yield* files.writeFileString(
    `${directory}/config.json`,
    encodeJson({
      ...keys,
      ca_file: `${inside}/ca.pem`,
      state_directory: `${inside}/state`,
      heartbeat_seconds: 2,
      refresh: "never",
      quiet_period_seconds: 0,
      no_proxy: ["*"],
    }),
    { mode: 0o600 },
  )
  // Two agents of one machine would be taken for clones.
  yield* box.writeFile("/etc/machine-id", `${randomUUID().replaceAll("-", "")}\n`)
  yield* bundleAgent(directory)
  const [node] = box.agentArgv([])
  const agent: Box.Argv = [node, `${inside}/stoppableAgent.mjs`, "--config", config]
  yield* prepare(box, inside)

  const powerOn = box.spawn(["bash", "-c", service(agent.join(" ")), `${inside}/daemon.log`])
  const log = Effect.orElseSucceed(files.readFileString(`${directory}/daemon.log`), () => "")
  const status = files.readFileString(box.hostPath(`${inside}/state/status.json`)).pipe(
    Effect.map(decodeStatus),
    Effect.orElseSucceed(() => Option.none<AgentStatus>()),
  )
  const enrolled = appears(
    "the agent has enrolled",
    Effect.map(
      status,
      Option.flatMap(({ agentId: id }) => Option.fromNullishOr(id)),
    ),
    "180 seconds",
  ).pipe(Effect.tapError(() => Effect.flatMap(log, Effect.logError)))
  yield* powerOn
  const agentId = yield* enrolled
  const wipe = Effect.forEach(["stop", "stopped", "go"], (name) =>
    files.remove(`${directory}/${name}`, { force: true }),
  )

  return {
    box,
    /** Its files, outside and inside. */
    directory,
    inside,
    agentId,
    status,
    /** What all its daemons have logged. */
    log,
    /** Prints the end of the log when this fails. */
    withLog:
      (what: string) =>
      <A, E2, R>(part: Effect.Effect<A, E2, R>): Effect.Effect<A, E2, R> =>
        Effect.onError(part, () =>
          Effect.flatMap(log, (lines) => Console.error(`--- ${lane}: ${what}\n${lines.slice(-5000)}`)),
        ),
    operator,
    /** Where the control plane keeps its state. */
    controlPlaneData: dirname(keys.ca_file),
    queue: (command: Command) => queue(agentId, command),
    resultOf: (commandId: CommandId) =>
      appears(
        `a result of ${commandId}`,
        Effect.map(Effect.orDie(operator.command({ params: { commandId } })), ({ result }) =>
          Option.fromNullishOr(result),
        ),
        "180 seconds",
      ),
    selftest: box
      .run([...agent, "selftest", "--json"])
      .pipe(Effect.flatMap(({ stdout }) => decodeSelftest(stdout))),
    /** Asks the agent to stop after this step of a command that was just queued. */
    stopAfter: (step: string, id: CommandId) => files.writeFileString(`${directory}/stop`, `${step} ${id}`),
    stopped: eventually(
      "the agent has come to the step",
      files.exists(`${directory}/stopped`),
      (there) => there,
      "180 seconds",
    ),
    goOn: files.writeFileString(`${directory}/go`, ""),
    /** Nothing is asked to stop any more. */
    forgetStops: wipe,
    kill: (...some: ReadonlyArray<Part>) => killAll(init, some),
    pids: (...some: ReadonlyArray<Part>) => pidsOf(init, some),
    /** Everything dies at once, and the machine boots again. */
    losePower: Effect.gen(function* () {
      yield* box.reboot
      yield* wipe
      yield* powerOn
    }),
  }
})
export type AgentBox = Effect.Success<ReturnType<typeof makeAgentBox>>

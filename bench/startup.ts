import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { spawn } from "node:child_process"
import { Reported } from "../src/cli/exitCodes.ts"
import { printDocument } from "../src/cli/printDocument.ts"
import { type Cost, costOf, runBare } from "./measure/childCost.ts"
import { median, rounded } from "./measure/statistics.ts"
import { background } from "./startup/background.ts"
import { coldFile } from "./startup/coldFile.ts"
import { idleDaemon } from "./startup/idleDaemon.ts"
import { idleMemory } from "./startup/idleMemory.ts"
import { judgeStartup } from "./startup/judgeStartup.ts"
import { type Peer, peers } from "./startup/peers.ts"
import { executableStatus, executableVersion, StartupReport } from "./startup/StartupReport.ts"
import { startupText } from "./startup/startupText.ts"

const print = printDocument(StartupReport)

const executable = `dist/linux-${process.arch}/patchctl-agent`

const source = "src/bin.ts"
const helloWorld = "hello world"

const fromSource = (directory: string) =>
  [
    ["node -e 0", process.execPath, ["-e", "0"]],
    [helloWorld, process.execPath, [`${directory}/hello.js`]],
    ["--version, from source", process.execPath, [source, "--version"]],
    ["status without a daemon, from source", process.execPath, [source, "status"]],
    [
      "execute without a command, from source",
      process.execPath,
      [source, "--config", `${directory}/config.json`, "execute"],
    ],
  ] as const

const shipped = (directory: string) =>
  [
    [executableVersion, executable, ["--version"]],
    [executableStatus, executable, ["status"]],
    [
      "execute without a command, executable",
      executable,
      ["--config", `${directory}/config.json`, "execute"],
    ],
  ] as const

const timesOf = (rounds: ReadonlyArray<ReadonlyMap<string, Cost>>): StartupReport["programs"] => {
  const names = [...(rounds[0]?.keys() ?? [])]
  const costs = (name: string) => rounds.flatMap((round) => round.get(name) ?? [])
  const processor = (name: string) =>
    costs(name).reduce((sum, { children }) => sum + children, 0) / rounds.length
  const hello = processor(helloWorld)
  return names.map((name) => ({
    name,
    wallMilliseconds: rounded(median(costs(name).map(({ wall }) => wall)), 0),
    processorMilliseconds: rounded(processor(name), 0),
    processorToHelloWorld: rounded(processor(name) / hello),
  }))
}

/** As a package has it: xz with its best preset. */
const xzBytes = Effect.callback<Option.Option<number>>((resume) => {
  const xz = spawn("xz", ["-9", "--keep", "--stdout", executable], { stdio: ["ignore", "pipe", "ignore"] })
  let bytes = 0
  xz.stdout.on("data", (chunk: Buffer) => (bytes += chunk.length))
  xz.on("error", () => resume(Effect.succeedNone))
  xz.on("close", (code) => resume(Effect.succeed(code === 0 ? Option.some(bytes) : Option.none())))
})

const measureExecutable = Effect.fn(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  yield* coldFile(executable)
  const idle = yield* idleDaemon(executable, directory)
  const xz = yield* xzBytes
  const { size } = yield* files.stat(executable)
  return { bytes: Number(size), ...(Option.isSome(xz) && { xzBytes: xz.value }), idle }
})

const measurePeer = Effect.fn(function* (peer: Peer, directory: string) {
  const files = yield* FileSystem.FileSystem
  const installed = yield* Effect.filter(peer.programs, (path) => files.exists(path))
  const program = installed[0]
  if (program === undefined) return { name: peer.name, missing: "not installed" }
  const folder = `${directory}/${peer.name.replaceAll(" ", "-")}`
  yield* files.makeDirectory(folder)
  if (peer.configuration !== undefined) {
    yield* files.writeFileString(`${folder}/agent.conf`, peer.configuration(folder))
  }
  return yield* background(program, peer.daemon(folder), `${folder}/log`).pipe(
    Effect.flatMap((pid) => idleMemory(pid, 20)),
    Effect.scoped,
    Effect.match({
      onSuccess: (idle) => ({ name: peer.name, idle }),
      onFailure: () => ({ name: peer.name, missing: "does not run here" }),
    }),
  )
})

const startup = Effect.fn(function* ({ rounds, json }: { readonly rounds: number; readonly json: boolean }) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-bench-" })
  yield* files.writeFileString(`${directory}/hello.js`, 'console.log("hello world")\n')
  const config = `{"license_key":"pk_live_0123456789abcdef","state_directory":"${directory}"}\n`
  yield* files.writeFileString(`${directory}/config.json`, config, { mode: 0o600 })
  const isBuilt = yield* files.exists(executable)
  const programs = [...fromSource(directory), ...(isBuilt ? shipped(directory) : [])]
  const env = { ...process.env, PATCHCTL_STATE_DIRECTORY: directory }
  const round = Effect.forEach(programs, ([name, program, args]) =>
    Effect.map(costOf(runBare(program, args, env)), ({ cost }) => [name, cost] as const),
  )
  const costs = yield* Effect.forEach(Array.from({ length: rounds }), () => round)
  const found = {
    rounds,
    programs: timesOf(costs.map((entries) => new Map(entries))),
    ...(isBuilt && { executable: yield* measureExecutable(directory) }),
    peers: yield* Effect.forEach(peers, (peer) => measurePeer(peer, directory)),
  }
  const report: StartupReport = { ...found, missed: judgeStartup(found) }
  yield* json ? print(report) : Console.log(startupText(report))
  if (report.missed.length > 0) return yield* new Reported({ exitCode: 1 })
}, Effect.scoped)

Command.make(
  "startup",
  {
    rounds: Flag.Int("rounds").pipe(
      Flag.withDescription("How often each program is started, at least 5"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 1000 }))),
      Flag.withDefault(9),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  startup,
).pipe(
  Command.withDescription(
    "What the agent's programs cost to start, in turns with a bare Node; size and idle memory of the executable, beside peers.",
  ),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)

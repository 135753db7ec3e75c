import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { printDocument } from "../src/cli/printDocument.ts"
import { textTable } from "../src/cli/textTable.ts"
import { type Cost, costOf, runBare } from "./measure/childCost.ts"
import { median, rounded } from "./measure/statistics.ts"

/** What `bench/startup.ts --json` prints. */
const StartupReport = Schema.Struct({
  rounds: Schema.Int,
  programs: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      /** Median. */
      wallMilliseconds: Schema.Finite,
      /** Mean, because the kernel tells it in ticks of 10 ms. */
      processorMilliseconds: Schema.Finite,
      processorToHelloWorld: Schema.Finite,
    }),
  ),
})
const print = printDocument(StartupReport)

const source = "src/bin.ts"

const programsIn = (directory: string) => ({
  "node -e 0": ["-e", "0"],
  "hello world": [`${directory}/hello.js`],
  "--version, from source": [source, "--version"],
  "status without a daemon, from source": [source, "status", "--state-directory", directory],
  "execute without a command, from source": [source, "--config", `${directory}/config.json`, "execute"],
})

const report = (rounds: ReadonlyArray<ReadonlyMap<string, Cost>>): typeof StartupReport.Type => {
  const names = [...(rounds[0]?.keys() ?? [])]
  const costs = (name: string) => rounds.flatMap((round) => round.get(name) ?? [])
  const processor = (name: string) =>
    costs(name).reduce((sum, { children }) => sum + children, 0) / rounds.length
  const hello = processor("hello world")
  return {
    rounds: rounds.length,
    programs: names.map((name) => ({
      name,
      wallMilliseconds: rounded(median(costs(name).map(({ wall }) => wall)), 0),
      processorMilliseconds: rounded(processor(name), 0),
      processorToHelloWorld: rounded(processor(name) / hello),
    })),
  }
}

const text = ({ rounds, programs }: typeof StartupReport.Type) =>
  textTable(
    [`${rounds} rounds, in ms`, "wall", "processor", "x hello world"],
    programs.map(({ name, wallMilliseconds, processorMilliseconds, processorToHelloWorld }) =>
      [name, wallMilliseconds, processorMilliseconds, processorToHelloWorld].map(String),
    ),
  )

const startup = Effect.fn(function* ({ rounds, json }: { readonly rounds: number; readonly json: boolean }) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-bench-" })
  yield* files.writeFileString(`${directory}/hello.js`, 'console.log("hello world")\n')
  const config = `{"license_key":"pk_live_0123456789abcdef","state_directory":"${directory}"}\n`
  yield* files.writeFileString(`${directory}/config.json`, config, { mode: 0o600 })
  const programs = Object.entries(programsIn(directory))
  const round = Effect.forEach(programs, ([name, args]) =>
    Effect.map(costOf(runBare(process.execPath, args)), ({ cost }) => [name, cost] as const),
  )
  const costs = yield* Effect.forEach(Array.from({ length: rounds }), () => round)
  const found = report(costs.map((entries) => new Map(entries)))
  yield* json ? print(found) : Console.log(text(found))
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
  Command.withDescription("What it costs to start the agent's programs, in turns with a bare Node."),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)

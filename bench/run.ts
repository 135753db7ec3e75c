import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { spawn } from "node:child_process"
import { Reported } from "../src/cli/exitCodes.ts"
import { serviceFlags } from "./measure/serviceFlags.ts"

const all = ["heartbeats", "scan", "managers", "startup", "vulnerabilities"] as const

/** One arena of malloc: with several, memory that was freed and is not yet given back moves by more than a leak would. */
const environment = { ...process.env, MALLOC_ARENA_MAX: "1" }

/** Runs one benchmark in a process of its own, and tells whether all was well. */
const runs = (name: string, args: ReadonlyArray<string>) =>
  Effect.callback<boolean>((resume) => {
    const child = spawn(process.execPath, [...serviceFlags, `${import.meta.dirname}/${name}.ts`, ...args], {
      // The benchmarks start our programs by their paths in the checkout.
      cwd: `${import.meta.dirname}/..`,
      env: environment,
      stdio: "inherit",
    })
    child.on("error", () => resume(Effect.succeed(false)))
    child.on("close", (code) => resume(Effect.succeed(code === 0)))
    return Effect.sync(() => child.kill())
  })

Command.make(
  "bench",
  {
    names: Argument.Literals("benchmark", all).pipe(
      Argument.withDescription("Which to run; default: all"),
      Argument.variadic(),
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print one JSON document a line"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ names, json }) {
    const outcomes = yield* Effect.forEach(names.length === 0 ? all : names, (name) =>
      runs(name, json ? ["--json"] : []),
    )
    if (outcomes.includes(false)) return yield* new Reported({ exitCode: 1 })
  }),
).pipe(
  Command.withDescription("Runs the benchmarks one after the other. Exits with 1 when a budget was missed."),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)

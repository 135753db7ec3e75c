import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { readFileSync } from "node:fs"
import { controlPlane } from "../../src/control-plane/cli.ts"
import { runCommand } from "../cli/runVerb.ts"
import { agentProgram } from "./agentProgram.ts"
import { commandsOf, pages, spansOf } from "./pages.ts"

/** The command line was understood, and that is all that was asked. */
class Understood extends Schema.TaggedError<Understood>()("Understood", {}) {
  override readonly [Runtime.errorExitCode] = 0
  override readonly [Runtime.errorReported] = false
}

const controlPlaneProgram = Command.provideEffectDiscard(controlPlane, Effect.fail(new Understood()))

type Run = (
  args: ReadonlyArray<string>,
) => Effect.Effect<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>
const runAgent: Run = (args) => runCommand(agentProgram, args)
const runControlPlane: Run = (args) => runCommand(controlPlaneProgram, args)

const programs: Readonly<Record<string, Run>> = {
  patchctl: runAgent,
  "patchctl-agent": runAgent,
  "patchctl-control-plane": runControlPlane,
  agent: runAgent,
  "control-plane": runControlPlane,
}

interface Line {
  readonly run: Run
  readonly args: ReadonlyArray<string>
}

/** What a command of the documentation runs, if it is one of ours: `sudo patchctl status`, `npm run -s agent -- run`. */
const ours = (words: ReadonlyArray<string>): Line | undefined => {
  const [first = "", ...rest] = words.filter((word) => word !== "sudo")
  if (first === "npm") {
    const script = rest.find((word) => word !== "run" && !word.startsWith("-")) ?? ""
    const run = programs[script]
    return run === undefined ? undefined : { run, args: rest.slice(rest.indexOf("--") + 1) }
  }
  const run = programs[first.slice(first.lastIndexOf("/") + 1)]
  return run === undefined || !first.includes("patchctl") ? undefined : { run, args: rest }
}

const inText = pages.map(({ path, text }) => ({ path, commands: commandsOf(text) }))
const lines = inText.flatMap(({ path, commands }) =>
  commands.flatMap((words) => {
    const line = ours(words)
    return line === undefined ? [] : [{ name: `${path}: ${words.join(" ")}`, ...line }]
  }),
)

/** Verbs of the control plane that pages name without the program. */
const groups = /^(?:feed|release|key) [a-z]+/
const spans = pages.flatMap(({ path, text }) =>
  spansOf(text).flatMap((span) => {
    const words = (groups.test(span) ? `patchctl-control-plane ${span}` : span).split(" ")
    const line = ours(words)
    return line === undefined || words.length === 1 ? [] : [{ name: `${path}: ${span}`, ...line }]
  }),
)

/** The verbs at the beginning, as far as the program knows them, and what its help says of the last one. */
const helpOf = Effect.fnUntraced(function* ({ run, args }: Line) {
  const verbs: Array<string> = []
  let help = (yield* run(["--help"])).stdout
  for (const word of args) {
    if (!new RegExp(String.raw`^  ${word} `, "m").test(help.split("SUBCOMMANDS")[1] ?? "")) break
    verbs.push(word)
    help = (yield* run([...verbs, "--help"])).stdout
  }
  return { verbs, help }
})

const isKnown = (help: string, flag: string) => new RegExp(String.raw`^ +${flag}(?:[ ,]|$)`, "m").test(help)

describe("commands in the documentation", () => {
  it("are found", () => {
    assert.isAtLeast(lines.length, 8)
    assert.isAtLeast(spans.length, 25)
  })

  it.effect.each(lines)("$name", ({ run, args }) =>
    Effect.gen(function* () {
      const { exitCode, stderr } = yield* run(args)
      assert.deepStrictEqual([exitCode, stderr], [0, ""])
    }),
  )

  it.effect.each(spans)("$name, in a sentence", (line) =>
    Effect.gen(function* () {
      const { verbs, help } = yield* helpOf(line)
      assert.isNotEmpty(verbs)
      // A group alone may be named; another word after it would be a verb that does not exist.
      const after = line.args[verbs.length]
      if (help.includes("SUBCOMMANDS") && after !== undefined) assert.match(after, /^-/)
      const flags = line.args.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0] ?? "")
      assert.deepStrictEqual(
        flags.filter((flag) => !isKnown(help, flag)),
        [],
      )
    }),
  )

  it("runs scripts of package.json that are there", () => {
    const { scripts } = Schema.decodeSync(
      Schema.fromJsonString(Schema.Struct({ scripts: Schema.Record(Schema.String, Schema.String) })),
    )(readFileSync("package.json", "utf8"))
    const run = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = ""]) => ({ path, name })),
    )
    assert.isAbove(run.length, 10)
    assert.deepStrictEqual(
      run.filter(({ name }) => scripts[name] === undefined),
      [],
    )
  })

  it.effect("would notice a verb and a flag that do not exist", () =>
    Effect.gen(function* () {
      for (const args of [["statu"], ["status", "--jsn"], ["update", "--health-seconds", "0"]]) {
        assert.strictEqual((yield* runAgent(args)).exitCode, 64, args.join(" "))
      }
      assert.strictEqual((yield* runControlPlane(["release", "init", "--key", "x"])).exitCode, 64)
      const { help } = yield* helpOf({ run: runControlPlane, args: ["release", "init"] })
      assert.deepStrictEqual([isKnown(help, "--keys"), isKnown(help, "--key")], [true, false])
    }),
  )
})

import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { agentVersion } from "../src/agentVersion.ts"
import { BuildError } from "./build/BuildError.ts"
import { bundle } from "./build/bundle.ts"
import { type Arch, buildExecutable } from "./build/executable.ts"
import { ingredients, type Ingredients } from "./build/ingredients.ts"
import { runProgram } from "./build/runProgram.ts"

const dist = `${import.meta.dirname}/../dist`

const say = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  const { size } = yield* files.stat(file)
  yield* Console.log(`${file.slice(dist.length - "dist".length)}  ${size} bytes`)
})

const answers = Effect.fnUntraced(function* (name: string, file: string) {
  const said = yield* runProgram(process.execPath, file, "--version")
  if (said !== `${name} v${agentVersion}\n`) {
    return yield* new BuildError({ what: `${file} --version says: ${said}` })
  }
  yield* say(file)
})

/** For whoever asks what is inside: packages with their versions, and our own files. */
const writeIngredients = Effect.fnUntraced(function* (what: Readonly<Record<string, Ingredients>>) {
  const files = yield* FileSystem.FileSystem
  yield* files.writeFileString(`${dist}/ingredients.json`, `${JSON.stringify(what, undefined, 2)}\n`)
})

const hostArch = Effect.suspend(() =>
  process.arch === "x64" || process.arch === "arm64"
    ? Effect.succeed<Arch>(process.arch)
    : Effect.fail(new BuildError({ what: `there is no executable for ${process.arch}` })),
)

const buildAll = Effect.fn(function* ({ arch: asked }: { readonly arch: Option.Option<Arch> }) {
  const files = yield* FileSystem.FileSystem
  const arch = Option.isSome(asked) ? asked.value : yield* hostArch
  yield* files.makeDirectory(`${dist}/linux-${arch}`, { recursive: true })

  const agent = `${dist}/bundle/patchctl-agent.cjs`
  const agentInside = yield* bundle("src/bin.ts", agent)
  yield* answers("patchctl", agent)

  const controlPlane = `${dist}/bundle/patchctl-control-plane.mjs`
  const controlPlaneInside = yield* bundle("src/control-plane/bin.ts", controlPlane, {
    format: "esm",
    // Some of its packages are CommonJS.
    banner: {
      js: `import { createRequire } from "node:module";const require=createRequire(import.meta.url);`,
    },
    plugins: [],
  })
  yield* answers("patchctl-control-plane", controlPlane)

  const executable = `${dist}/linux-${arch}/patchctl-agent`
  const executableInside = yield* buildExecutable(arch, executable)
  yield* say(executable)
  if (arch !== process.arch) {
    yield* Console.log(`It was not run and has no code cache: this machine is ${process.arch}.`)
  }
  yield* writeIngredients({
    executable: yield* ingredients(executableInside),
    "patchctl-agent.cjs": yield* ingredients([agentInside]),
    "patchctl-control-plane.mjs": yield* ingredients([controlPlaneInside]),
  })
})

Command.make(
  "build",
  {
    arch: Flag.Literals("arch", ["x64", "arm64"]).pipe(
      Flag.withDescription("The processor of the executable; default: this machine's"),
      Flag.optional,
    ),
  },
  buildAll,
).pipe(
  Command.withDescription("Builds the executable and both bundles below dist/, and runs each"),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)

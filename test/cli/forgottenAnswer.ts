import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { outliveAsker } from "../../src/cli/outliveAsker.ts"
import { eventually } from "../eventually.ts"

// A program that reads a word from its connection and answers until that is broken. `told` is there once it has said
// something, `done` once it came to its end.

const folder = process.argv[2] ?? "."

Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const stdio = yield* Stdio.Stdio
  yield* outliveAsker
  yield* Stream.runHead(stdio.stdin)
  yield* Console.log("at work")
  yield* files.writeFileString(`${folder}/told`, "")
  yield* eventually("nobody hears", Console.log("at work"), () => !process.stdout.writable)
  yield* files.writeFileString(`${folder}/done`, "")
}).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)

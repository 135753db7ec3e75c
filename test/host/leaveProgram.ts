import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"

// Runs the JavaScript program of its argument to be left alone, and passes its lines on: for a test that kills us.

const [script = ""] = process.argv.slice(2)

if (import.meta.main) {
  Effect.flatMap(Subprocess, ({ run }) =>
    run({
      program: process.execPath,
      args: ["-e", script],
      timeout: "1 minute",
      onTimeout: "leave",
      onLine: (line) => Effect.sync(() => void process.stdout.write(`${line}\n`)),
    }),
  ).pipe(Effect.provide(NodeSubprocess.layer.pipe(Layer.provide(NodeServices.layer))), NodeRuntime.runMain)
}

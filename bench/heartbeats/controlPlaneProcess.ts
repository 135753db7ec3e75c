import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { startProgram, stopProgram } from "../../scripts/demo/programs.ts"
import { waitFor } from "../../scripts/demo/waitFor.ts"
import { ServeReport } from "../../src/control-plane/cli/serve.ts"

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(ServeReport))

/** A control plane as a process of its own on a free port, with its data below `directory`. Ends with its scope. */
export const startControlPlane = Effect.fnUntraced(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  const own = `${directory}/control-plane`
  yield* files.makeDirectory(own)
  const program = yield* Effect.acquireRelease(
    startProgram("control-plane", own, [
      "src/control-plane/bin.ts",
      "serve",
      "--json",
      "--data",
      `${own}/data`,
      "--listen",
      "127.0.0.1:0",
    ]),
    stopProgram,
  )
  const line = yield* waitFor(
    program,
    Effect.map(files.readFileString(program.stdout), (text) =>
      text.includes("\n") ? Option.some(text) : Option.none(),
    ),
  )
  return { pid: program.pid, report: yield* decodeReport(line) }
})

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { fileURLToPath } from "node:url"
import { ServeReport } from "../../src/control-plane/cli/serve.ts"

const bin = fileURLToPath(new URL("../../src/control-plane/bin.ts", import.meta.url))

const decodeReport = Schema.decodeEffect(Schema.fromJsonString(ServeReport))

/** `patchctl-control-plane serve` with these arguments; ends with the scope. */
export const startServe = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner
  return yield* spawner.spawn(
    ChildProcess.make(process.execPath, [bin, "serve", ...args], { stdin: "ignore" }),
  )
})

/** A server on a free port, as soon as it says that it is ready. */
export const startServer = Effect.fnUntraced(function* (
  dataDirectory: string,
  ...args: ReadonlyArray<string>
) {
  const handle = yield* startServe("--data", dataDirectory, "--listen", "127.0.0.1:0", "--json", ...args)
  yield* Effect.forkScoped(Stream.runDrain(handle.stderr))
  const first = yield* handle.stdout.pipe(Stream.decodeText, Stream.splitLines, Stream.runHead)
  return { handle, report: yield* decodeReport(Option.getOrElse(first, () => "")) }
})

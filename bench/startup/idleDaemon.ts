import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { ServeReport } from "../../src/control-plane/cli/serve.ts"
import { background } from "./background.ts"
import { idleMemory } from "./idleMemory.ts"

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(ServeReport))
const settleSeconds = 40

/** As the unit sets it. */
const unitEnvironment = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_TRIM_THRESHOLD_: "131072",
  UV_THREADPOOL_SIZE: "1",
}

/** Memory of the executable as a daemon that has scanned this machine and beats every 2 s. */
export const idleDaemon = Effect.fn("idleDaemon")(function* (executable: string, directory: string) {
  const files = yield* FileSystem.FileSystem
  const serve = ["src/control-plane/bin.ts", "serve", "--json", "--data", `${directory}/data`]
  yield* background(process.execPath, [...serve, "--listen", "127.0.0.1:0"], `${directory}/served`)
  const report = yield* files.readFileString(`${directory}/served`).pipe(
    Effect.map((text) => text.split("\n").find((line) => line.startsWith("{"))),
    Effect.flatMap(decodeReport),
    Effect.retry(Schedule.max([Schedule.spaced("100 millis"), Schedule.recurs(300)])),
  )
  const configuration = {
    license_key: (yield* files.readFileString(report.license_key_file)).trim(),
    api_url: report.api_url,
    ca_file: report.ca_file,
    state_directory: `${directory}/state`,
    heartbeat_seconds: 2,
    refresh: "never",
    no_proxy: ["*"],
  }
  yield* files.writeFileString(`${directory}/agent.json`, JSON.stringify(configuration), { mode: 0o600 })
  const args = ["--config", `${directory}/agent.json`, "run"]
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...unitEnvironment }
  const pid = yield* background(executable, args, `${directory}/daemon.log`, env)
  return yield* idleMemory(pid, settleSeconds)
}, Effect.scoped)

import { assert, beforeAll, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ControlPlaneProcess } from "../../e2e/ControlPlaneProcess.ts"
import { Programs } from "../../e2e/Programs.ts"
import { appears, eventually } from "../../eventually.ts"
import { json, startServer } from "../../fakes/MisbehavingServer.ts"
import { makePki } from "../../fakes/TestPki.ts"
import { kill, signal, start } from "../lab/hostProcess.ts"
import { buildOnce, built } from "./built.ts"

// The executable as a daemon: TLS 1.3, SQLite, an executor that is the executable again, telemetry.

beforeAll(() => Effect.runPromise(buildOnce))

const world = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))

layer(world, { excludeTestServices: true, timeout: "90 seconds" })("the executable as a daemon", (it) => {
  it.effect("beats, has a command carried out by itself as executor, and exports telemetry", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { keys, operator, queue, resultOf } = yield* ControlPlaneProcess
      const folder = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-daemon-" })
      const pki = yield* makePki
      const collector = yield* startServer(pki.server, (_, response) => json(response, {}))
      const authorities = `${yield* files.readFileString(keys.ca_file)}\n${pki.root.pem}`
      yield* files.writeFileString(`${folder}/ca.pem`, authorities)
      const configuration = {
        ...keys,
        ca_file: `${folder}/ca.pem`,
        otlp_url: collector.url,
        state_directory: `${folder}/state`,
        heartbeat_seconds: 1,
        refresh: "never",
        quiet_period_seconds: 0,
        no_proxy: ["*"],
      }
      yield* files.writeFileString(`${folder}/config.json`, JSON.stringify(configuration), { mode: 0o600 })
      const daemon = yield* start([built.executable, "--config", `${folder}/config.json`, "run"], {
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
        stdin: "null",
        stop: kill,
      })
      const server = yield* appears(
        "three heartbeats",
        Effect.map(operator.servers(), (servers) =>
          Option.filter(Option.fromNullishOr(servers[0]), ({ heartbeats }) => heartbeats >= 3),
        ),
      ).pipe(Effect.tapError(() => Effect.flatMap(daemon.stderr, Effect.logError)))
      const id = yield* queue(server.agentId, { name: "health_check", parameters: {} })
      const result = yield* resultOf(id)
      assert.strictEqual(result.status, "succeeded")

      yield* signal(daemon.pid, "SIGTERM")
      assert.strictEqual(yield* daemon.exit, 0)
      // What was not due yet is sent at the end.
      yield* eventually(
        "traces and metrics have arrived",
        Effect.sync(() => collector.received.map(({ url }) => url)),
        (urls) => urls.includes("/v1/traces") && urls.includes("/v1/metrics"),
      )
    }).pipe(Effect.scoped),
  )
})

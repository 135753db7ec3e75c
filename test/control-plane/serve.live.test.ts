import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { connect } from "node:tls"
import { OperatorClient } from "../../src/control-plane/cli/OperatorClient.ts"
import type { ServeReport } from "../../src/control-plane/cli/serve.ts"
import { startServe, startServer } from "./startedProcess.ts"

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const content = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(path))

/** The protocol a handshake ends with, or why it fails. */
const handshake = Effect.fnUntraced(function* (
  { port, ca_file: caFile }: ServeReport,
  version: "TLSv1.2" | "TLSv1.3",
) {
  const ca = yield* content(caFile)
  return yield* Effect.callback<string>((resume) => {
    const socket = connect({ port, host: "127.0.0.1", ca, minVersion: version, maxVersion: version }, () => {
      resume(Effect.succeed(socket.getProtocol() ?? "none"))
      socket.destroy()
    })
    socket.on("error", (error) =>
      resume(Effect.succeed("code" in error ? String(error.code) : error.message)),
    )
  })
})

const listServers = Effect.fnUntraced(function* (report: ServeReport) {
  const connection = {
    url: `https://127.0.0.1:${report.port}`,
    ca: yield* content(report.ca_file),
    token: Redacted.make((yield* content(report.operator_token_file)).trim()),
  }
  return yield* OperatorClient.pipe(
    Effect.flatMap((operator) => operator.servers()),
    Effect.provide(OperatorClient.layer(connection)),
  )
})

describe("patchctl-control-plane serve", () => {
  it.live("makes everything on its first start, speaks TLS 1.3 only, and ends with 0 on SIGTERM", () =>
    Effect.gen(function* () {
      const { handle, report } = yield* startServer(yield* temporary, "--name", "cp.example.com")
      assert.strictEqual(report.api_url, `https://cp.example.com:${report.port}`)
      assert.match(yield* content(report.license_key_file), /^pk_live_[A-Za-z0-9]{32}\n$/)
      assert.match(yield* content(report.operator_token_file), /^patchctl_op_[A-Za-z0-9]{40}\n$/)
      assert.strictEqual(yield* handshake(report, "TLSv1.3"), "TLSv1.3")
      assert.strictEqual(yield* handshake(report, "TLSv1.2"), "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION")

      const second = yield* startServe("--data", yield* temporary, "--listen", `127.0.0.1:${report.port}`)
      const complaint = yield* Stream.mkString(Stream.decodeText(second.stderr))
      assert.strictEqual(yield* second.exitCode, 1)
      assert.include(complaint, `cannot listen on 127.0.0.1 port ${report.port}: it is in use`)

      yield* handle.kill({ killSignal: "SIGTERM" })
      assert.strictEqual(yield* handle.exitCode, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("goes on with what it had after kill -9, and does not replace a key that was taken away", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      const first = yield* startServer(directory)
      const before = yield* content(first.report.ca_file)
      yield* first.handle.kill({ killSignal: "SIGKILL" })
      yield* fs.remove(first.report.license_key_file)

      const second = yield* startServer(directory)
      assert.strictEqual(yield* content(second.report.ca_file), before)
      assert.isFalse(yield* fs.exists(second.report.license_key_file))
      assert.deepStrictEqual(yield* listServers(second.report), [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})

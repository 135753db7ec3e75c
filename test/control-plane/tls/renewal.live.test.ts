import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { Server } from "node:https"
import { connect } from "node:tls"
import { openDataDirectory } from "../../../src/control-plane/data/DataDirectory.ts"
import { makeHttpsServer, present } from "../../../src/control-plane/http/httpsServer.ts"
import { serverIdentity } from "../../../src/control-plane/tls/serverIdentity.ts"

const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => server.close()),
  )

/** The names in the certificate that a connection is shown, or why there is none. */
const shown = (port: number, ca: string, maxVersion: "TLSv1.2" | "TLSv1.3" = "TLSv1.3") =>
  Effect.callback<string>((resume) => {
    const socket = connect({ port, host: "127.0.0.1", ca, maxVersion }, () => {
      resume(Effect.succeed(socket.getPeerX509Certificate()?.subjectAltName ?? "none"))
      socket.destroy()
    })
    socket.on("error", () => resume(Effect.succeed("refused")))
  })

describe("a running server", () => {
  it.live("shows a renewed certificate to new connections, over TLS 1.3 only as before", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const data = yield* openDataDirectory(yield* fs.makeTempDirectoryScoped(), { create: true })
      const first = yield* serverIdentity(data, "cp_test", ["127.0.0.1"])
      const ca = yield* fs.readFileString(data.path("ca.pem"))
      const server = makeHttpsServer(first)
      const port = yield* listening(server)
      assert.strictEqual(yield* shown(port, ca), "IP Address:127.0.0.1")

      present(server, yield* serverIdentity(data, "cp_test", ["127.0.0.1", "new.example.com"]))
      assert.strictEqual(yield* shown(port, ca), "IP Address:127.0.0.1, DNS:new.example.com")
      assert.strictEqual(yield* shown(port, ca, "TLSv1.2"), "refused")
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

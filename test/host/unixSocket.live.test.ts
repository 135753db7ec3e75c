import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { createServer, type Socket } from "node:net"
import * as NodeUnixSocket from "../../src/host/NodeUnixSocket.ts"
import { UnixSocket, type UnixSocketRequest } from "../../src/host/UnixSocket.ts"

/** Asks a program that does `serve` with each connection. */
const asked = (serve: (socket: Socket) => void, changes: Partial<UnixSocketRequest> = {}) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = `${yield* files.makeTempDirectoryScoped()}/socket`
    yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer({ allowHalfOpen: true }, (socket) => {
          socket.on("error", () => undefined)
          serve(socket)
        })
        server.listen(path, () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close()),
    )
    const { ask } = yield* UnixSocket
    return yield* ask({ path, input: "hello\n", timeout: "5 seconds", outputLimitBytes: 1000, ...changes })
  }).pipe(Effect.scoped, Effect.provide(Layer.merge(NodeUnixSocket.layer, NodeFileSystem.layer)))

describe("UnixSocket", () => {
  it.live("writes the question, ends it, and gives everything that comes back, line by line", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const { output, truncated } = yield* asked(
        (socket) => {
          let heard = ""
          socket.on("data", (chunk) => (heard += String(chunk)))
          socket.on("end", () => socket.end(`you said\n${heard}bye`))
        },
        { onLine: (line) => Effect.sync(() => lines.push(line)) },
      )
      assert.deepStrictEqual([output, truncated], ["you said\nhello\nbye", false])
      assert.deepStrictEqual(lines, ["you said", "hello"])
    }),
  )

  it.live("gives nothing when the connection is closed without a word", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* asked((socket) => socket.end())).output, "")
    }),
  )

  it.live("keeps no more than it was told to", () =>
    Effect.gen(function* () {
      const { output, truncated } = yield* asked((socket) => socket.end("x".repeat(1_000_000)))
      assert.deepStrictEqual([output.length, truncated], [1000, true])
    }),
  )

  it.live("does not wait for ever, also while something still comes", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(
        asked(
          (socket) => {
            const timer = setInterval(() => socket.write("."), 10)
            socket.on("close", () => clearInterval(timer))
          },
          { timeout: "200 millis" },
        ),
      )
      assert.strictEqual(reason, "timed_out")
    }),
  )

  it.live("says why there is nobody to ask", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(asked(() => undefined, { path: "/nowhere/socket" }))
      assert.strictEqual(reason, "not_there")
      const notASocket = yield* Effect.flip(asked(() => undefined, { path: "/dev/null" }))
      assert.strictEqual(notASocket.reason, "nobody_listens")
    }),
  )
})

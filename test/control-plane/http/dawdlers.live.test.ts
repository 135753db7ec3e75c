import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http"
import { request } from "node:https"
import type { AddressInfo } from "node:net"
import { cutOffDawdlers, type Pace } from "../../../src/control-plane/http/bodyPace.ts"
import { makeHttpsServer } from "../../../src/control-plane/http/httpsServer.ts"
import { issueCertificate, makePki } from "../../fakes/TestPki.ts"

const isListening = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === "object" && address !== null

const pace: Pace = {
  bytesPerSecond: 20_000,
  grace: Duration.millis(500),
  lookEvery: Duration.millis(50),
}

/** The server of the control plane at that pace, which answers whoever has said everything, or at once. */
const serve = Effect.fnUntraced(function* (answers: "in the end" | "at once") {
  const { root } = yield* makePki
  const certificate = yield* issueCertificate({ subject: "s", hosts: ["localhost"], issuer: root })
  const server = makeHttpsServer({ key: Redacted.make(certificate.privateKeyPem), chain: certificate.pem })
  const handle = (message: IncomingMessage, response: ServerResponse) => {
    if (answers === "at once") return response.end("not read")
    message.on("error", () => undefined)
    message.resume()
    return message.on("end", () => response.end("received"))
  }
  server.on("request", handle)
  // With these listeners, as the server has them, such requests are no longer among the others.
  server.on("checkContinue", handle)
  server.on("upgrade", (_, socket) => socket.on("error", () => undefined))
  yield* Effect.forkScoped(cutOffDawdlers(server, pace))
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.sync(() => void (server.close(), server.closeAllConnections())),
  )
  const address = server.address()
  return { server, ca: root.pem, port: isListening(address) ? address.port : 0 }
})

/** Sends a body in pieces of 1,000 bytes, so many milliseconds apart; the answer, and when the connection ended. */
const send = (
  port: number,
  ca: string,
  pieces: number,
  apartMilliseconds: number,
  headers: OutgoingHttpHeaders = {},
) =>
  Effect.callback<{ readonly answer: string; readonly sent: number }>((resume) => {
    let answer = ""
    let sent = 0
    const post = request({
      port,
      ca,
      host: "localhost",
      method: "POST",
      agent: false,
      headers: { "content-length": pieces * 1000, connection: "keep-alive", ...headers },
    })
    const next = () => {
      post.write(Buffer.alloc(1000, "x"))
      sent += 1
      if (sent === pieces) post.end()
    }
    const timer = setInterval(() => (sent < pieces ? next() : clearInterval(timer)), apartMilliseconds)
    post.on("response", (response) => response.on("data", (text: Buffer) => (answer += text.toString())))
    post.on("error", () => undefined)
    post.on("close", () => {
      clearInterval(timer)
      resume(Effect.succeed({ answer, sent }))
    })
    post.flushHeaders()
    return Effect.sync(() => {
      clearInterval(timer)
      post.destroy()
    })
  })

describe("a body that comes slowly", () => {
  it.live("is received for as long as it gets on", () =>
    Effect.gen(function* () {
      const { port, ca } = yield* serve("in the end")
      // 25,000 bytes a second, and six times as long as the grace.
      assert.deepStrictEqual(yield* send(port, ca, 75, 40), { answer: "received", sent: 75 })
    }),
  )

  it.live("is cut off when it does not, whatever is said of its size", () =>
    Effect.gen(function* () {
      const { port, ca } = yield* serve("in the end")
      const { answer, sent } = yield* send(port, ca, 8_000, 100)
      assert.strictEqual(answer, "")
      assert.isBelow(sent, 40)
    }),
  )

  for (const [what, headers] of [
    ["waits for 100 Continue", { expect: "100-continue" }],
    ["asks for another protocol", { connection: "upgrade", upgrade: "websocket" }],
  ] as const) {
    it.live(`is cut off when its request ${what}`, () =>
      Effect.gen(function* () {
        const { port, ca } = yield* serve("in the end")
        const { answer, sent } = yield* send(port, ca, 8_000, 100, headers)
        assert.strictEqual(answer, "")
        assert.isBelow(sent, 40)
      }),
    )
  }

  it.live("is cut off when nobody reads it either", () =>
    Effect.gen(function* () {
      const { port, ca } = yield* serve("at once")
      const { answer, sent } = yield* send(port, ca, 8_000, 100)
      assert.strictEqual(answer, "not read")
      assert.isBelow(sent, 40)
    }),
  )

  it.live("does not lift the limit for the head of a request", () =>
    Effect.gen(function* () {
      const { server } = yield* serve("in the end")
      assert.deepInclude(
        { head: server.headersTimeout, all: server.requestTimeout },
        { head: 20_000, all: 0 },
      )
    }),
  )
})

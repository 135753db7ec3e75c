import { assert, describe, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { randomBytes } from "node:crypto"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo, Server, Socket } from "node:net"
import { createServer, type TLSSocket } from "node:tls"
import { RequestFailed } from "../../../src/transport/ControlPlane.ts"
import { makeExchange } from "../../../src/transport/https/exchange.ts"
import * as HttpsClient from "../../../src/transport/https/HttpsClient.ts"
import { configOf, environmentOf } from "../../fakes/agentTransport.ts"
import { makePkiWithFile } from "../../fakes/caFile.ts"
import { type Answer, problem, startServer } from "../../fakes/MisbehavingServer.ts"

const patience = Duration.millis(500)

/** Sends a body to a server that has this authority, and brings back what it says. */
const send = (url: string, ca: string, body: Uint8Array, client = HttpsClient.layer) =>
  Effect.gen(function* () {
    const exchange = yield* makeExchange(patience)
    const post = HttpClientRequest.bodyUint8Array(HttpClientRequest.post(url), body, "application/json")
    return yield* exchange(post)
  }).pipe(
    Effect.provide(
      client.pipe(
        Layer.provideMerge([
          configOf({ api_url: url, ca_file: ca }),
          environmentOf({}),
          NodeFileSystem.layer,
        ]),
      ),
    ),
  )

const answering = Effect.fnUntraced(function* (answer: Answer) {
  const { server: certificate, ca } = yield* makePkiWithFile
  return { ca, server: yield* startServer(certificate, answer) }
})

const isListening = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === "object" && address !== null

/** The address of a server of this test's own, until the scope ends. */
const listening = Effect.fnUntraced(function* (server: Server) {
  const sockets: Array<Socket> = []
  server.on("connection", (socket: Socket) => sockets.push(socket))
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      }),
  )
  const address = server.address()
  return `https://localhost:${isListening(address) ? address.port : 0}`
})

/** More than all buffers between two programs of one host take. */
const endless = randomBytes(24 * 1024 * 1024)

/** A server that takes connections and then reads nothing. */
const deaf = Effect.gen(function* () {
  const { server: certificate, ca } = yield* makePkiWithFile
  const connected = Promise.withResolvers<TLSSocket>()
  const server = createServer({ cert: certificate.pem, key: certificate.privateKeyPem }, (socket) => {
    socket.on("error", () => undefined)
    connected.resolve(socket)
  })
  return { ca, url: yield* listening(server), connected: Effect.promise(() => connected.promise) }
})

const seconds = Effect.map(Clock.currentTimeMillis, (now) => now / 1000)

describe("a request", () => {
  it.live("has more time the larger it is", () =>
    Effect.gen(function* () {
      const { server, ca } = yield* answering((_, response) => setTimeout(() => response.end("taken"), 1200))
      assert.strictEqual(yield* send(server.url, ca, randomBytes(3000)), "taken")
      const error = yield* Effect.flip(send(server.url, ca, new Uint8Array()))
      assert.instanceOf(error, RequestFailed)
      assert.deepInclude({ ...error }, { code: "timed_out", retryable: true })
      assert.include(error.message, "took longer than 500ms")
    }),
  )

  it.live("arrives as it is, of announced length, however many pieces it goes out in", () =>
    Effect.gen(function* () {
      const body = randomBytes(300_001)
      const { server, ca } = yield* answering((_, response) => response.end("taken"))
      yield* send(server.url, ca, body)
      const [one, ...more] = server.received
      assert.deepStrictEqual(more, [])
      assert.isTrue(one?.body.equals(body))
      assert.strictEqual(one?.headers["content-length"], String(body.length))
      assert.isUndefined(one?.headers["transfer-encoding"])
    }),
  )

  it.live("lasts while its connection is silent for longer than an unused one is kept", () =>
    Effect.gen(function* () {
      const { server: certificate, ca } = yield* makePkiWithFile
      const server = createHttpsServer(
        { cert: certificate.pem, key: certificate.privateKeyPem },
        (request, response) => {
          setTimeout(() => request.resume().on("end", () => response.end("taken")), 300)
        },
      )
      const client = HttpsClient.layerIdle(Duration.millis(30))
      assert.strictEqual(yield* send(yield* listening(server), ca, endless, client), "taken")
    }),
  )

  it.live("ends at once when it is interrupted while it goes out", () =>
    Effect.gen(function* () {
      const { url, ca, connected } = yield* deaf
      const sent = yield* Effect.forkChild(send(url, ca, endless), { startImmediately: true })
      const socket = yield* connected
      const begun = yield* seconds
      yield* Fiber.interrupt(sent)
      assert.isBelow((yield* seconds) - begun, 0.4)
      yield* Effect.callback<void>((resume) => {
        socket.on("close", () => resume(Effect.void))
        socket.resume()
      })
    }),
  )

  it.live("that is refused before all of it was sent is refused, not lost", () =>
    Effect.gen(function* () {
      const { server: certificate, ca } = yield* makePkiWithFile
      const server = createHttpsServer(
        { cert: certificate.pem, key: certificate.privateKeyPem },
        (_, response) => problem(response, 429, "too_many_requests"),
      )
      const error = yield* Effect.flip(send(yield* listening(server), ca, randomBytes(2_000_000)))
      assert.strictEqual("code" in error ? error.code : error._tag, "rate_limited")
    }),
  )
})

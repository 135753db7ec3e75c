import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import { createServer, type ServerOptions } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"
import type { TestCertificate } from "./TestPki.ts"

/** One request as it arrived. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Connections are counted from 1. */
  readonly connection: number
  readonly sessionResumed: boolean
}

/** Answers the nth request, n from 0, in whatever way. */
export type Answer = (request: Received, response: ServerResponse, n: number) => void

const isListening = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === "object" && address !== null

/** A TLS server on loopback that does what it is told, until the scope ends. Port 0: any free one. */
export const startServer = Effect.fn("MisbehavingServer.start")(function* (
  certificate: Pick<TestCertificate, "pem" | "privateKeyPem">,
  answer: Answer,
  options: ServerOptions = {},
  wantedPort = 0,
) {
  const received: Array<Received> = []
  const sockets: Array<Socket> = []
  const connections: Array<Duplex> = []
  const server = createServer(
    { cert: certificate.pem, key: certificate.privateKeyPem, ...options },
    (request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const { socket } = request
        const one: Received = {
          method: request.method ?? "",
          url: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(chunks),
          connection: connections.indexOf(socket) + 1,
          sessionResumed: socket instanceof TLSSocket && socket.isSessionReused(),
        }
        received.push(one)
        answer(one, response, received.length - 1)
      })
    },
  )
  server.on("secureConnection", (socket) => connections.push(socket))
  server.on("connection", (socket: Socket) => sockets.push(socket))
  // A client that refuses our certificate is the point of many tests.
  server.on("tlsClientError", () => undefined)

  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(wantedPort, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      }),
  )
  const address = server.address()
  const port = isListening(address) ? address.port : 0
  return {
    port,
    url: `https://localhost:${port}`,
    received,
    /** Ends every idle connection, as a server does after its keep-alive time. */
    closeIdle: Effect.sync(() => server.closeIdleConnections()),
    connections: () => connections.length,
    /** Bytes on the wire since the start, TLS included: from the client and to it. */
    wireBytes: () => ({
      received: sockets.reduce((sum, socket) => sum + socket.bytesRead, 0),
      sent: sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0),
    }),
  }
})

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

/** A well-formed answer. */
export const json = (response: ServerResponse, body: unknown, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(encodeJson(body))
}

/** An RFC 9457 problem. */
export const problem = (
  response: ServerResponse,
  status: number,
  code: string,
  { headers = {}, title = "A title" }: { headers?: Record<string, string>; title?: string } = {},
) => {
  response.writeHead(status, { "content-type": "application/problem+json", ...headers })
  response.end(encodeJson({ type: `urn:patchctl:problem:${code}`, status, title, code }))
}

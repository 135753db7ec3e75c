import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import { connect, type Socket } from "node:net"

/** An HTTP proxy on loopback that opens tunnels (CONNECT), or answers each request for one with `status`. */
export const startProxy = Effect.fn("ConnectProxy.start")(function* (status = 200) {
  const asked: Array<{ readonly target: string; readonly authorization: string | undefined }> = []
  const sockets: Array<Socket> = []
  const proxy = createServer()
  proxy.on("connection", (socket) => sockets.push(socket))
  proxy.on("connect", (request, client) => {
    const target = request.url ?? ""
    asked.push({ target, authorization: request.headers["proxy-authorization"] })
    if (status !== 200) return client.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`)
    const [host, port] = target.split(":")
    const upstream = connect(Number(port), host === "localhost" ? "127.0.0.1" : host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n")
      upstream.pipe(client)
      client.pipe(upstream)
    })
    sockets.push(upstream)
    for (const socket of [client, upstream]) socket.on("error", () => client.destroy())
    return client
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      proxy.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        proxy.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      }),
  )
  const address = proxy.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, port, asked }
})

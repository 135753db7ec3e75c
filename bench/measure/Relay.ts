import * as Effect from "effect/Effect"
import { connect, createServer, type Socket } from "node:net"

/** Passes connections on to a port of this machine and counts every byte both ways, encrypted as they are. */
export const startRelay = Effect.fnUntraced(function* (port: number) {
  const open = new Set<Socket>()
  let counts = { sentBytes: 0, receivedBytes: 0 }
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1")
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.on("error", () => to.destroy())
      from.on("close", () => {
        open.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
    client.on("data", (bytes) => {
      counts = { ...counts, sentBytes: counts.sentBytes + bytes.length }
    })
    upstream.on("data", (bytes) => {
      counts = { ...counts, receivedBytes: counts.receivedBytes + bytes.length }
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of open) socket.destroy()
      }),
  )
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    /** What went through since the last call. */
    take: Effect.sync(() => {
      const taken = counts
      counts = { sentBytes: 0, receivedBytes: 0 }
      return taken
    }),
  }
})

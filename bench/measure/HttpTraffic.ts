import * as Effect from "effect/Effect"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { ClientRequest } from "node:http"
import { TLSSocket } from "node:tls"

/** HTTP of this process as a client over TLS: bytes before encryption, with request line and headers. */
export interface Traffic {
  readonly requests: number
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly openedConnections: number
  /** Of the opened ones. */
  readonly resumedSessions: number
}

const requestChannel = "http.client.request.start"
const responseChannel = "http.client.response.finish"

/** The TLS connection that a message of one of the channels is about. */
const socketOf = (message: unknown): TLSSocket | undefined =>
  typeof message === "object" &&
  message !== null &&
  "request" in message &&
  message.request instanceof ClientRequest &&
  message.request.socket instanceof TLSSocket
    ? message.request.socket
    : undefined

/** Listens to node:http itself, so that nothing in the client under test is replaced. Ends with its scope. */
export const watchTraffic = Effect.gen(function* () {
  const counted = new WeakMap<TLSSocket, { readonly sent: number; readonly received: number }>()
  const used = new Set<TLSSocket>()
  let requests = 0
  const onRequest = () => {
    requests += 1
  }
  const onResponse = (message: unknown) => {
    const socket = socketOf(message)
    if (socket !== undefined) used.add(socket)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      subscribe(requestChannel, onRequest)
      subscribe(responseChannel, onResponse)
    }),
    () =>
      Effect.sync(() => {
        unsubscribe(requestChannel, onRequest)
        unsubscribe(responseChannel, onResponse)
      }),
  )

  const settle = (): Traffic => {
    let traffic: Traffic = {
      requests,
      sentBytes: 0,
      receivedBytes: 0,
      openedConnections: 0,
      resumedSessions: 0,
    }
    for (const socket of used) {
      const before = counted.get(socket)
      // A TLS socket counts what goes through it in the clear.
      const now = { sent: socket.bytesWritten, received: socket.bytesRead }
      counted.set(socket, now)
      const isNew = before === undefined
      traffic = {
        ...traffic,
        sentBytes: traffic.sentBytes + now.sent - (before?.sent ?? 0),
        receivedBytes: traffic.receivedBytes + now.received - (before?.received ?? 0),
        openedConnections: traffic.openedConnections + (isNew ? 1 : 0),
        resumedSessions: traffic.resumedSessions + (isNew && socket.isSessionReused() ? 1 : 0),
      }
    }
    requests = 0
    return traffic
  }

  return {
    /** What was exchanged since the last call. */
    take: Effect.sync(settle),
    /** Ends the connections that were used, as their idle time would; the next request opens one. */
    hangUp: Effect.sync(() => {
      for (const socket of used) socket.destroy()
      used.clear()
    }),
  }
})

import { connect, createServer, type Socket } from "node:net"
import { createInterface } from "node:readline"

// A line of TCP from one port to another, with the faults that happen above packets. Arguments: the port to listen on.
// Each line of stdin is a `Line`, which holds from then on, also for connections that are open.

/** How it is between the two ends. */
export interface Line {
  /** Where new connections lead; open ones are broken off when this changes. */
  readonly to: { readonly host: string; readonly port: number }
  /** Each way, and how much more or less. */
  readonly delayMilliseconds?: number
  readonly jitterMilliseconds?: number
  /** Connections are closed after so many bytes of what the server sends. */
  readonly closeAfterBytes?: number
  /** One bit of the nth piece from the server is turned over, n from 1. */
  readonly corruptPiece?: number
  /**
   * The handshake passes, and the request; what the server sends after it does not, and then the connection breaks.
   */
  readonly loseAnswers?: boolean
}

let line: Line = { to: { host: "127.0.0.1", port: 1 } }
const open = new Set<Socket>()

/** Long enough for a server to do what it was asked for. */
const answerLostAfterMilliseconds = 400

const delay = () => {
  const { delayMilliseconds = 0, jitterMilliseconds = 0 } = line
  return Math.max(0, delayMilliseconds + (Math.random() * 2 - 1) * jitterMilliseconds)
}

const flipped = (piece: Buffer) => {
  const copy = Buffer.from(piece)
  const middle = copy.length >> 1
  copy[middle] = (copy[middle] ?? 0) ^ 1
  return copy
}

/** Carries pieces on in their order, each no sooner than its delay. */
const carry = (to: Socket) => {
  let last = 0
  return (piece: Buffer | undefined) => {
    const now = performance.now()
    last = Math.max(last, now + delay())
    setTimeout(() => {
      if (to.destroyed) return
      if (piece === undefined) to.end()
      else to.write(piece)
    }, last - now)
  }
}

createServer({ allowHalfOpen: true }, (client) => {
  const server = connect({ ...line.to, allowHalfOpen: true })
  open.add(client)
  const toServer = carry(server)
  const toClient = carry(client)
  let sent = 0
  let received = 0
  let bytes = 0
  const breakOff = () => {
    client.resetAndDestroy()
    server.destroy()
    open.delete(client)
  }
  for (const end of [client, server]) end.on("error", breakOff)
  client.on("close", breakOff)
  client.on("data", (piece: Buffer) => {
    sent += 1
    // With TLS 1.3 the first is the greeting; the request comes with or after the second.
    if (line.loseAnswers === true && sent > 1) setTimeout(breakOff, answerLostAfterMilliseconds)
    toServer(piece)
  })
  server.on("data", (piece: Buffer) => {
    received += 1
    if (line.loseAnswers === true && sent > 1) return
    const { closeAfterBytes, corruptPiece } = line
    if (closeAfterBytes !== undefined && bytes + piece.length > closeAfterBytes) {
      client.end(piece.subarray(0, closeAfterBytes - bytes))
      server.destroy()
      return
    }
    bytes += piece.length
    toClient(received === corruptPiece ? flipped(piece) : piece)
  })
  client.on("end", () => toServer(undefined))
  server.on("end", () => toClient(undefined))
}).listen(Number(process.argv[2]), () => process.stdout.write("listening\n"))

createInterface(process.stdin).on("line", (text) => {
  const next: Line = JSON.parse(text)
  if (next.to.port !== line.to.port) for (const client of open) client.resetAndDestroy()
  line = next
  process.stdout.write(`${text}\n`)
})

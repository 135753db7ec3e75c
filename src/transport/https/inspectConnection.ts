import * as Effect from "effect/Effect"
import type { X509Certificate } from "node:crypto"
import { Agent, type AgentOptions, request } from "node:https"
import { TLSSocket } from "node:tls"
import { presentedChain } from "./serverIdentity.ts"

/** What a server showed before anything was trusted. */
export interface Inspection {
  readonly protocol: string
  readonly cipher: string
  readonly chain: ReadonlyArray<X509Certificate>
  readonly remoteAddress: string
  /** Node's code for why the agent would refuse this server; absent when it would not. */
  readonly refused?: string
  /** The Date field of its answer, unless it was refused. */
  readonly date?: string
}

const inspect = (socket: TLSSocket): Inspection => ({
  protocol: socket.getProtocol() ?? "no TLS",
  cipher: socket.getCipher().standardName,
  chain: presentedChain(socket.getPeerCertificate(true)),
  remoteAddress: socket.remoteAddress ?? "",
  ...(socket.authorized ? {} : { refused: String(socket.authorizationError) }),
})

/**
 * Connects once with the agent's own settings and tells what the server presents, even when the agent would refuse
 * it: only a refused chain says who intercepts a connection. All that such a server gets to see is `HEAD` and the
 * path of api_url. Fails with what node:https emitted.
 */
export const inspectConnection = (settings: AgentOptions, url: URL): Effect.Effect<Inspection, unknown> =>
  Effect.callback((resume) => {
    // Node makes the same checks and records their outcome, but goes on.
    const agent = new Agent({ ...settings, keepAlive: false, rejectUnauthorized: false })
    const head = request(url, { method: "HEAD", agent })
    const settle = (outcome: Effect.Effect<Inspection, unknown>) => {
      resume(outcome)
      head.destroy()
    }
    head.on("error", (cause) => settle(Effect.fail(cause)))
    head.on("socket", (socket) => {
      if (!(socket instanceof TLSSocket)) return
      const refuse = () => {
        if (!socket.authorized) settle(Effect.succeed(inspect(socket)))
      }
      // Through a proxy the handshake is over by now.
      if (socket.getFinished() === undefined) socket.once("secureConnect", refuse)
      else refuse()
    })
    head.on("response", ({ socket, headers }) => {
      if (!(socket instanceof TLSSocket)) return
      const { date } = headers
      settle(Effect.succeed({ ...inspect(socket), ...(date === undefined ? {} : { date }) }))
    })
    head.end()
    return Effect.sync(() => head.destroy())
  })

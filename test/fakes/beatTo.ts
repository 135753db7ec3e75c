import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { beat, transport, type TransportOptions } from "./agentTransport.ts"
import { makePkiWithFile } from "./caFile.ts"
import { type Answer, startServer } from "./MisbehavingServer.ts"

/** A server that answers like this, and the transport of an agent that trusts it. */
export const startTrusted = Effect.fnUntraced(function* (
  answer: Answer,
  options: Partial<TransportOptions> & { tls?: Parameters<typeof startServer>[2] } = {},
) {
  const { server: certificate, ca } = yield* makePkiWithFile
  const server = yield* startServer(certificate, answer, options.tls)
  const config = { api_url: server.url, ca_file: ca, ...options.config }
  return { server, layer: transport({ ...options, config }) }
})

/** One call of an agent to a server that answers like this: reply or error, and what the server received. */
export const beatTo = Effect.fnUntraced(function* (answer: Answer, options: Partial<TransportOptions> = {}) {
  const { server, layer } = yield* startTrusted(answer, options)
  const result = yield* beat.pipe(Effect.result, Effect.provide(layer))
  return {
    reply: Option.getOrUndefined(Result.getSuccess(result)),
    error: Option.getOrUndefined(Result.getFailure(result)),
    received: server.received,
  }
})

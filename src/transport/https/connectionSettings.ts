import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AgentOptions } from "node:https"
import { createSecureContext } from "node:tls"
import { AgentConfig } from "../../config/AgentConfig.ts"
import { readAuthorities } from "./authorities.ts"
import { readProxy } from "./proxy.ts"
import { checkIdentity } from "./serverIdentity.ts"

/**
 * How every connection of the agent is made: TLS 1.3, a verified certificate, the pins, the proxy. Nothing in the
 * environment weakens it.
 */
export const connectionSettings = Effect.gen(function* () {
  const config = yield* AgentConfig
  const clock = yield* Clock.Clock
  const ca = yield* readAuthorities
  const proxy = yield* readProxy
  return {
    // Built once: parsing the authorities for every new connection costs 15 ms and their size again.
    secureContext: createSecureContext({ minVersion: "TLSv1.3", ...(ca === undefined ? {} : { ca }) }),
    // Without this line NODE_TLS_REJECT_UNAUTHORIZED=0 would turn verification off.
    rejectUnauthorized: true,
    checkServerIdentity: checkIdentity(config.pins, () => clock.currentTimeMillisUnsafe()),
    keepAlive: true,
    // An empty object keeps Node from looking at the environment itself.
    proxyEnv: proxy === undefined ? {} : { https_proxy: Redacted.value(proxy.url), no_proxy: proxy.except },
  } satisfies AgentOptions
})

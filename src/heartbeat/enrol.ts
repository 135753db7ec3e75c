import * as Effect from "effect/Effect"
import { agentVersion } from "../agentVersion.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import { Host } from "../host/Host.ts"
import { Identity } from "../store/Identity.ts"
import { Trust } from "../store/Trust.ts"
import { ControlPlane } from "../transport/ControlPlane.ts"

/** What this agent can do beyond version 1 of the protocol. */
export const features: ReadonlyArray<string> = ["scan-delta"]

/**
 * First contact: names this agent and pins the keys of commands and feeds. The pins come first: an agent that cannot keep them
 * must not count as enrolled.
 */
export const enrol = Effect.fn("enrol")(function* () {
  const config = yield* AgentConfig
  const controlPlane = yield* ControlPlane
  const host = yield* Host
  const identity = yield* Identity
  const trust = yield* Trust

  const enrolled = yield* controlPlane.enrol(
    {
      publicKey: identity.publicKey,
      machineId: yield* host.machineId,
      agentVersion,
      features,
      facts: yield* host.facts,
    },
    config.license_key,
  )
  const { agentId, commandKeys, feedKeys, issuer } = enrolled
  yield* trust.pin({ agentId, issuer, commandKeys, ...(feedKeys !== undefined && { feedKeys }) })
  yield* identity.remember(enrolled)
  yield* Effect.logInfo("agent.enrolled").pipe(Effect.annotateLogs({ agent: agentId, issuer }))
  return { agentId, exchangeToken: enrolled.exchangeToken }
})

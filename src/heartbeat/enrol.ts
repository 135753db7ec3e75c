import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { agentVersion } from "../agentVersion.ts"
import { ExecutorClient } from "../command/ExecutorClient.ts"
import { AgentConfig } from "../config/AgentConfig.ts"
import { Host } from "../host/Host.ts"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { Identity } from "../store/Identity.ts"
import { ControlPlane } from "../transport/ControlPlane.ts"
import { followRotations } from "./followRotations.ts"
import { pinnedGeneration } from "./pinnedGeneration.ts"

/** What this agent can do beyond version 1 of the protocol. */
export const features: ReadonlyArray<string> = ["scan-delta"]

/** Whether pinning `wanted` would change nothing of what is pinned. */
const isPinned = (wanted: TrustAnchor) => (pinned: TrustAnchor) =>
  pinned.agentId === wanted.agentId &&
  pinned.issuer === wanted.issuer &&
  pinned.organization === wanted.organization &&
  pinned.commandKeys.every((key) => wanted.commandKeys.some(({ x }) => x === key.x)) &&
  (pinned.feedKeys !== undefined || wanted.feedKeys === undefined)

/**
 * First contact: names this agent and has the keys of commands and feeds pinned. The pins come first: an agent whose
 * executor does not obey the server must not count as enrolled. Where keys are pinned already, the server says how they
 * were changed since, and that this agent has another id now; the executor believes it only if they sign that.
 */
export const enrol = Effect.fn("enrol")(function* (pinned: Option.Option<TrustAnchor>) {
  const config = yield* AgentConfig
  const controlPlane = yield* ControlPlane
  const executor = yield* ExecutorClient
  const host = yield* Host
  const identity = yield* Identity

  const enrolled = yield* controlPlane.enrol(
    {
      publicKey: identity.publicKey,
      machineId: yield* host.machineId,
      agentVersion,
      features,
      facts: yield* host.facts,
      ...pinnedGeneration(pinned),
      ...(Option.isSome(pinned) && { formerAgentId: pinned.value.agentId }),
    },
    config.license_key,
  )
  const { agentId, commandKeys, feedKeys, issuer, organization, keyGeneration } = enrolled
  const wanted: TrustAnchor = {
    agentId,
    issuer,
    organization,
    commandKeys,
    ...(feedKeys !== undefined && { feedKeys }),
    ...(keyGeneration !== undefined && { generation: keyGeneration }),
  }
  // The beat before may have been cut off while the executor was at it.
  if (!Option.exists(pinned, isPinned(wanted))) {
    if (Option.isSome(pinned)) {
      yield* followRotations(enrolled.keyRotations ?? [])
      if (enrolled.renaming !== undefined) yield* executor.rename(enrolled.renaming)
    }
    yield* executor.pin(wanted)
  }
  yield* identity.remember(enrolled)
  yield* Effect.logInfo("agent.enrolled").pipe(Effect.annotateLogs({ agent: agentId, issuer }))
  return { agentId, exchangeToken: enrolled.exchangeToken }
})

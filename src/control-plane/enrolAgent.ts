import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { AgentId } from "../domain/Identifiers.ts"
import type { Enrolled, Enrolment } from "../protocol/AgentMessages.ts"
import { CommandSigner } from "./CommandSigner.ts"
import { HeartbeatInterval } from "./HeartbeatInterval.ts"
import { Agents } from "./persistence/Agents.ts"
import { PublishedFeeds } from "./PublishedFeeds.ts"

/** First contact of an agent whose licence key and proof of possession were accepted. */
export const enrolAgent = Effect.fn("enrolAgent")(function* (organization: string, enrolment: Enrolment) {
  const agents = yield* Agents
  const feeds = yield* PublishedFeeds
  const signer = yield* CommandSigner
  const random = yield* SecureRandom.SecureRandom
  const fresh = {
    agentId: AgentId.make(`agt_${yield* random.uuidV4()}`),
    exchangeToken: yield* random.uuidV4(),
  }
  const { agentId, exchangeToken, formerAgentId } = yield* agents.enrol(
    organization,
    enrolment,
    fresh,
    yield* DateTime.now,
  )
  yield* Effect.logInfo("agent.enrolled").pipe(
    Effect.annotateLogs({ agent: agentId, organization, host: enrolment.facts.hostname }),
  )
  const { publicKey: commandKey, generation } = yield* signer.keys
  const keyRotations = yield* signer.rotationsAfter(enrolment.keyGeneration ?? 0)
  // Only of the id that this agent was made in place of: for an agent that lived on its own, commands may have been signed.
  const renamed = formerAgentId !== undefined && formerAgentId === enrolment.formerAgentId
  const [feedKey, ...nextFeedKeys] = yield* feeds.keys
  const enrolled: Enrolled = {
    agentId,
    exchangeToken,
    issuer: signer.issuer,
    organization,
    commandKeys: [commandKey],
    ...(generation > 0 && { keyGeneration: generation }),
    ...(keyRotations.length > 0 && { keyRotations }),
    ...(renamed && { renaming: yield* signer.rename({ organization, from: formerAgentId, to: agentId }) }),
    ...(feedKey !== undefined && { feedKeys: [feedKey, ...nextFeedKeys] }),
    nextBeatSeconds: yield* HeartbeatInterval,
    features: [],
  }
  return enrolled
})

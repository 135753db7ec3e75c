import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { AgentId } from "../../domain/Identifiers.ts"
import type { Enrolled, Enrolment, Heartbeat, PublicKey } from "../../protocol/AgentMessages.ts"
import type { Server } from "../../protocol/OperatorApi.ts"
import type { PersistenceError } from "./PersistenceError.ts"

/** A server as stored. Whether it is online depends on the clock and is for the reader to say. */
export type ServerRecord = Omit<Server, "online">

/** Who an agent is to the control plane, and who its host was when this agent was made. */
export interface EnrolledAgent extends Pick<Enrolled, "agentId" | "exchangeToken"> {
  readonly formerAgentId?: AgentId
}

/** What recording one beat found. */
export interface BeatRecorded {
  /** The token to answer with. */
  readonly exchangeToken: string
  /** True in the one beat that first showed two holders of this identity. */
  readonly cloneNoticed: boolean
  /** The facts on record are those of another agent version. */
  readonly factsOutdated: boolean
}

/** Every agent that ever enrolled, by organisation. */
export class Agents extends Context.Service<
  Agents,
  {
    /**
     * The same machine with the same key is the same agent and keeps its id. When only one of the two is known,
     * a new agent is made and all that share machine or key are marked `cloneSuspected`. Only the making of an agent
     * records a former id.
     */
    readonly enrol: (
      organization: string,
      enrolment: Enrolment,
      fresh: Pick<Enrolled, "agentId" | "exchangeToken">,
      at: DateTime.Utc,
    ) => Effect.Effect<EnrolledAgent, PersistenceError>
    /** The key that signs this agent's requests. */
    readonly publicKey: (agentId: AgentId) => Effect.Effect<Option.Option<PublicKey>, PersistenceError>
    /** Records one beat but for its results; `fresh` becomes the exchange token where one is due. */
    readonly beat: (
      agentId: AgentId,
      beat: Heartbeat,
      fresh: string,
      at: DateTime.Utc,
    ) => Effect.Effect<BeatRecorded, PersistenceError>
    readonly list: (organization: string) => Effect.Effect<ReadonlyArray<ServerRecord>, PersistenceError>
    readonly find: (
      organization: string,
      agentId: AgentId,
    ) => Effect.Effect<Option.Option<ServerRecord>, PersistenceError>
  }
>()("patchctl/control-plane/persistence/Agents") {}

import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { KeyObject } from "node:crypto"
import type { AgentId } from "../domain/Identifiers.ts"
import type { Enrolled, PublicKey } from "../protocol/AgentMessages.ts"
import type { StoreError } from "./Database.ts"

/** Who this agent is to its control plane. */
export interface Enrolment {
  readonly agentId: AgentId
  readonly exchangeToken: string
}

/** This agent's key pair, made on first start, and what enrolment gave it. */
export class Identity extends Context.Service<
  Identity,
  {
    readonly publicKey: PublicKey
    /** Signs requests. Never leaves the process. */
    readonly privateKey: KeyObject
    readonly enrolment: Effect.Effect<Option.Option<Enrolment>, StoreError>
    readonly remember: (enrolled: Enrolled) => Effect.Effect<void, StoreError>
    readonly rotateToken: (exchangeToken: string) => Effect.Effect<void, StoreError>
    /** Forgets the enrolment, not the key: the next beat enrols again. */
    readonly forget: Effect.Effect<void, StoreError>
  }
>()("patchctl/store/Identity") {}

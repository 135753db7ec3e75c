import * as Schema from "effect/Schema"
import { AgentId } from "../domain/Identifiers.ts"
import { PublicKey } from "./AgentMessages.ts"

/** Whose commands a host obeys: pinned at enrolment by the side that has root. Public keys only. */
export const TrustAnchor = Schema.Struct({
  /** The `aud` a command must carry. Another takes its place only by a statement: see `AgentRenaming.ts`. */
  agentId: AgentId,
  /** The `iss` a command must carry. */
  issuer: Schema.String,
  /** Whose host this is, in the words of the control plane: the organisation of the licence key it enrolled with. */
  organization: Schema.String,
  commandKeys: Schema.NonEmptyArray(PublicKey),
  /** How often the command keys have been changed: see `KeyRotation.ts`. Absent: never. */
  generation: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Who may sign vulnerability feeds. Absent where the control plane publishes none. */
  feedKeys: Schema.optionalKey(Schema.NonEmptyArray(PublicKey)),
})
export type TrustAnchor = typeof TrustAnchor.Type

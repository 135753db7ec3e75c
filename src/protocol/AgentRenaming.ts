import * as Schema from "effect/Schema"
import { AgentId } from "../domain/Identifiers.ts"

/** The JWS `typ` of a renaming statement, so that no other signed document can pass for one. */
export const agentRenamingType = "patchctl-agent-renaming+jws"

/** Longest statement that is looked at, in bytes. */
export const agentRenamingLimitBytes = 4 * 1024

/**
 * The claims of a renaming statement (JWS compact, EdDSA), signed by a command key that is in force: a host that had been
 * the agent `from` is now the agent `to`. It is made when a host enrols again whose old id the control plane does not know
 * any more, or whose key was lost. `to` came into being with it and never named another host, so that no host can be made
 * to obey what was signed for another.
 */
export const AgentRenamingClaims = Schema.Struct({
  iss: Schema.String,
  iat: Schema.Int,
  /** Whose host it is: another organisation of the same control plane cannot take it over. */
  organization: Schema.String,
  from: AgentId,
  to: AgentId,
})
export type AgentRenamingClaims = typeof AgentRenamingClaims.Type

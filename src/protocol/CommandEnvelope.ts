import * as Schema from "effect/Schema"
import { AgentId, CommandId } from "../domain/Identifiers.ts"

/** The JWS `typ` of a command, so that no other signed document can pass for one. */
export const commandType = "patchctl-command+jws"

/** Longest envelope that is looked at, in bytes. */
export const envelopeLimitBytes = 256 * 1024

const NumericDate = Schema.Int

/**
 * The claims of a command envelope (JWS compact, EdDSA). `command` stays undecoded here: an envelope with a
 * good signature and an unknown command deserves the refusal `unknown_command`, not `invalid`.
 */
export const CommandClaims = Schema.Struct({
  jti: CommandId,
  iss: Schema.String,
  aud: AgentId,
  iat: NumericDate,
  nbf: NumericDate,
  exp: NumericDate,
  /** Rises by at least one with every command for this agent. */
  seq: Schema.Int.check(Schema.isGreaterThan(0)),
  command: Schema.Struct({ name: Schema.String, parameters: Schema.Unknown }),
})
export type CommandClaims = typeof CommandClaims.Type

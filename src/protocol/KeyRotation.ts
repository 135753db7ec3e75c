import * as Schema from "effect/Schema"
import { PublicKey } from "./AgentMessages.ts"

/** The JWS `typ` of a rotation statement, so that no other signed document can pass for one. */
export const keyRotationType = "patchctl-key-rotation+jws"

/** Longest statement that is looked at, in bytes. */
export const keyRotationLimitBytes = 16 * 1024

/**
 * The claims of a rotation statement (JWS compact, EdDSA), signed by a key that is in force until then. It is for every
 * agent of its issuer and does not expire, so that an agent that was away can follow, one statement after another.
 */
export const KeyRotationClaims = Schema.Struct({
  iss: Schema.String,
  iat: Schema.Int,
  /** Of the new keys. It only rises, so that old keys do not come back. */
  generation: Schema.Int.check(Schema.isGreaterThan(0)),
  /** The only command keys from now on. */
  commandKeys: Schema.NonEmptyArray(PublicKey),
})
export type KeyRotationClaims = typeof KeyRotationClaims.Type

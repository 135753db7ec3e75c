import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createHash, timingSafeEqual } from "node:crypto"

/**
 * SHA-256 of a licence key or operator token, in hexadecimal. A plain hash is enough: the secrets are random and
 * long, so there is nothing to guess.
 */
export const SecretHash = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)).pipe(
  Schema.brand("SecretHash"),
)
export type SecretHash = typeof SecretHash.Type

export const secretHash = (secret: Redacted.Redacted<string>): SecretHash =>
  SecretHash.make(createHash("sha256").update(Redacted.value(secret)).digest("hex"))

/** Compares in a time that does not tell how much of the two agrees. */
export const sameSecret = (a: SecretHash, b: SecretHash): boolean =>
  timingSafeEqual(Buffer.from(a, "hex"), Buffer.from(b, "hex"))

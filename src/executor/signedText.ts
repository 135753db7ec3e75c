import { compactVerify, importJWK } from "jose"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { PublicKey } from "../protocol/AgentMessages.ts"
import { ambiguity } from "./strictJson.ts"

/** The whole of a protected header. Whatever else JWS knows (crit, jwk, x5c, b64, zip) has no meaning here. */
const Header = Schema.Struct({
  alg: Schema.Literal("EdDSA"),
  typ: Schema.String,
  kid: Schema.String,
})

const decodeHeader = Schema.decodeUnknownOption(Schema.fromJsonString(Header), { onExcessProperty: "error" })

/** The text in a part of a JWS; none when the part is not its one base64url form, or holds no unambiguous JSON. */
const textOf = (part: string): Option.Option<string> => {
  const bytes = Buffer.from(part, "base64url")
  if (bytes.toString("base64url") !== part) return Option.none()
  return Option.liftThrowable(() =>
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
  )().pipe(Option.filter((text) => ambiguity(text) === undefined))
}

/** Whether the last part is the one spelling of an Ed25519 signature: unused bits must not make a second document. */
const isSignature = (part: string): boolean => {
  const bytes = Buffer.from(part, "base64url")
  return bytes.length === 64 && bytes.toString("base64url") === part
}

/**
 * What one of `keys` has signed under exactly this `typ`: JWS compact (RFC 7515), EdDSA only, nothing else in the header.
 * None when none of them has; `claims` is none when what was signed is no unambiguous JSON.
 */
export const signedText = Effect.fn("signedText")(function* (
  jws: string,
  typ: string,
  keys: ReadonlyArray<PublicKey>,
) {
  const [protectedHeader = "", payload = "", signature = "", ...more] = jws.split(".")
  const key = Option.flatMap(textOf(protectedHeader), decodeHeader).pipe(
    Option.filter((header) => header.typ === typ),
    Option.flatMapNullishOr(({ kid }) => keys.find((pinned) => pinned.kid === kid)),
  )
  if (Option.isNone(key) || !isSignature(signature) || more.length > 0) return Option.none()
  const verified = Effect.tryPromise(async () =>
    compactVerify(jws, await importJWK({ ...key.value }, "EdDSA"), { algorithms: ["EdDSA"] }),
  )
  return Option.map(yield* Effect.option(verified), () => ({ claims: textOf(payload) }))
})

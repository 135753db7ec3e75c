import { decodeJwt } from "jose"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { KeyRotationClaims, keyRotationLimitBytes, keyRotationType } from "../protocol/KeyRotation.ts"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { generationOf } from "../store/Trust.ts"
import { signedText } from "./signedText.ts"

/** A rotation statement that changes nothing, and why. */
export class RotationRefused extends Schema.TaggedError<RotationRefused>()("RotationRefused", {
  detail: Schema.String,
}) {
  override get message() {
    return `the rotation of command keys is refused: ${this.detail}`
  }
}

const strictly = { onExcessProperty: "error" } as const
const decodeClaims = Schema.decodeUnknownOption(Schema.fromJsonString(KeyRotationClaims), strictly)
const decodeUnverified = Schema.decodeUnknownOption(KeyRotationClaims, strictly)

/**
 * Whether a statement, true or not, says only what is so already: it was followed, and whoever carried it did not hear of
 * it. The key that signed it is gone by then.
 */
export const isFollowed = (statement: string, anchor: TrustAnchor): boolean =>
  statement.length <= keyRotationLimitBytes &&
  Option.liftThrowable(decodeJwt)(statement).pipe(
    Option.flatMap(decodeUnverified),
    Option.exists(
      ({ iss, generation, commandKeys }) =>
        iss === anchor.issuer &&
        generation === generationOf(anchor) &&
        commandKeys.length === anchor.commandKeys.length &&
        commandKeys.every((key) => anchor.commandKeys.some(({ x }) => x === key.x)),
    ),
  )

/**
 * The claims of a statement that leads on from `anchor`: signed by a pinned command key, of the pinned
 * issuer, and of a generation above the pinned one. Nothing is said about time: an agent that was away for long follows,
 * too.
 */
export const verifyRotation = Effect.fn("verifyRotation")(function* (statement: string, anchor: TrustAnchor) {
  const refuse = (detail: string) => new RotationRefused({ detail })
  if (Buffer.byteLength(statement) > keyRotationLimitBytes) {
    return yield* refuse(`the statement is larger than ${keyRotationLimitBytes} bytes`)
  }
  const signed = yield* signedText(statement, keyRotationType, anchor.commandKeys)
  if (Option.isNone(signed)) return yield* refuse("the statement is not signed by a pinned command key")
  const claims = Option.getOrUndefined(Option.flatMap(signed.value.claims, decodeClaims))
  if (claims === undefined) return yield* refuse("its claims are not of the expected shape")
  if (claims.iss !== anchor.issuer) return yield* refuse("it comes from another issuer than the pinned one")
  if (claims.generation <= generationOf(anchor)) {
    return yield* refuse(
      `its generation ${claims.generation} is not above the pinned ${generationOf(anchor)}`,
    )
  }
  return claims
})

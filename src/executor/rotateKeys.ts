import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Ledger } from "../store/Ledger.ts"
import { Trust } from "../store/Trust.ts"
import { idOfUntrusted } from "./verifyEnvelope.ts"
import { isFollowed, RotationRefused, verifyRotation } from "./verifyRotation.ts"

const nothingPinned = new RotationRefused({ detail: "this host is not enrolled and has no command key" })

/** Follows a rotation statement: the keys it names take the place of those that are pinned. */
export const rotateKeys = Effect.fn("rotateKeys")(function* (statement: string) {
  const ledger = yield* Ledger
  const trust = yield* Trust
  const line = { id: idOfUntrusted(statement), name: "rotate" }
  const refused = (error: { readonly message: string }) =>
    ledger.audit({ ...line, issuer: "", event: "refused", outcome: error.message })

  const anchor = yield* trust.anchor
  if (Option.isSome(anchor) && isFollowed(statement, anchor.value)) return
  const verified = Option.isNone(anchor) ? nothingPinned : verifyRotation(statement, anchor.value)
  const { iss, generation, commandKeys } = yield* Effect.tapError(verified, refused)
  yield* trust.replaceKeys({ generation, commandKeys })
  yield* ledger.audit({ ...line, issuer: iss, event: "rotated", outcome: `generation ${generation}` })
})

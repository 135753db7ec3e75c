import * as Effect from "effect/Effect"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { Ledger } from "../store/Ledger.ts"
import { Trust } from "../store/Trust.ts"
import { idOfUntrusted } from "./verifyEnvelope.ts"

/** A name for these keys in the audit log. */
const nameOf = ({ issuer, commandKeys }: TrustAnchor) =>
  idOfUntrusted([issuer, ...commandKeys.map(({ x }) => x)].join(" "))

/**
 * Pins what an enrolment presented. Keys are believed without a signature only while none are pinned: from then on, whoever
 * took over the daemon cannot bring keys of his own. The agent's id is believed at any time, because an agent that the control
 * plane has deleted enrols under another one; docs/security.md says what that lets the daemon's user do.
 */
export const pinKeys = Effect.fn("pinKeys")(function* (anchor: TrustAnchor) {
  const ledger = yield* Ledger
  const trust = yield* Trust
  const line = { id: nameOf(anchor), name: "pin", issuer: anchor.issuer }
  yield* trust
    .pin(anchor)
    .pipe(
      Effect.tapError((error) =>
        error._tag === "TrustError"
          ? ledger.audit({ ...line, issuer: "", event: "refused", outcome: error.message })
          : Effect.void,
      ),
    )
  yield* ledger.audit({ ...line, event: "pinned", outcome: `for ${anchor.agentId}` })
})

import * as Effect from "effect/Effect"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { Ledger } from "../store/Ledger.ts"
import { Trust } from "../store/Trust.ts"
import { idOfUntrusted } from "./verifyEnvelope.ts"

/** A name in the audit log for what is to be pinned. */
const nameOf = ({ agentId, organization, issuer, commandKeys }: TrustAnchor) =>
  idOfUntrusted([agentId, organization, issuer, ...commandKeys.map(({ x }) => x)].join(" "))

/**
 * Pins what an enrolment presented. It is believed without a signature only while nothing is pinned: from then on, whoever
 * took over the daemon can bring neither keys of his own nor another agent's id.
 */
export const pinKeys = Effect.fn("pinKeys")(function* (anchor: TrustAnchor) {
  const ledger = yield* Ledger
  const trust = yield* Trust
  const line = { id: nameOf(anchor), name: "pin", issuer: anchor.issuer }
  yield* trust
    .pin(anchor)
    .pipe(
      Effect.tapError((error) =>
        error._tag === "PinRefused"
          ? ledger.audit({ ...line, issuer: "", event: "refused", outcome: error.message })
          : Effect.void,
      ),
    )
  yield* ledger.audit({ ...line, event: "pinned", outcome: `for ${anchor.agentId}` })
})

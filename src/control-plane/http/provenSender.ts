import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import type { PublicKey } from "../../protocol/AgentMessages.ts"
import { BadRequestSignature } from "../../protocol/Problems.ts"
import {
  type RequestSignatureRefused,
  signatureSkewSeconds,
  verifyRequest,
} from "../../protocol/requestSignature.ts"
import { Nonces } from "../persistence/Nonces.ts"

/**
 * The `keyid` whose key signed this request, body as sent included. A signature passes once: its nonce is
 * remembered for as long as the signature would be young enough to pass again.
 */
export const provenSender = Effect.fn("provenSender")(function* <E, R>(
  request: HttpServerRequest.HttpServerRequest,
  sent: Uint8Array,
  lookup: (keyid: string) => Effect.Effect<Option.Option<PublicKey>, E, R>,
) {
  const nonces = yield* Nonces
  const signer = yield* verifyRequest(
    {
      method: request.method,
      url: `https://${request.headers["host"] ?? ""}${request.url}`,
      headers: request.headers,
      body: sent,
    },
    lookup,
  )
  const until = DateTime.add(signer.created, { seconds: signatureSkewSeconds + 1 })
  if (!(yield* nonces.claim(signer.keyid, signer.nonce, until))) {
    return yield* new BadRequestSignature({ detail: "the request is refused: it was received before" })
  }
  return signer.keyid
})

export const toBadRequestSignature = (refused: RequestSignatureRefused) =>
  new BadRequestSignature({ detail: refused.message })

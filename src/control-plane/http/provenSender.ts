import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
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
import { timeForBody } from "./bodyPace.ts"

/**
 * When the last copy of a signed request can have arrived: its head just in time, its body as slowly as any may come. All
 * copies have the same body, so the nonce of a small request is remembered for a shorter time than that of a large one.
 */
const lastArrival = (created: DateTime.Utc, sent: Uint8Array) =>
  DateTime.addDuration(
    created,
    Duration.sum(Duration.seconds(signatureSkewSeconds), timeForBody(sent.length)),
  )

/**
 * The `keyid` whose key signed this request, of which the head came at `arrived` and then `sent` as its body. A signature
 * passes once: its nonce is remembered until `lastArrival`, and nothing passes after that.
 */
export const provenSender = Effect.fn("provenSender")(function* <E, R>(
  request: HttpServerRequest.HttpServerRequest,
  { arrived, sent }: { readonly arrived: DateTime.Utc; readonly sent: Uint8Array },
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
    arrived,
    lookup,
  )
  if (!(yield* nonces.claim(signer.keyid, signer.nonce, lastArrival(signer.created, sent)))) {
    return yield* new BadRequestSignature({
      detail: "the request is refused: it was received before, or its body came too slowly",
    })
  }
  return signer.keyid
})

export const toBadRequestSignature = (refused: RequestSignatureRefused) =>
  new BadRequestSignature({ detail: refused.message })

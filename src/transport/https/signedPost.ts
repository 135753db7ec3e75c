import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { randomBytes } from "node:crypto"
import { AgentConfig } from "../../config/AgentConfig.ts"
import { signRequest } from "../../protocol/requestSignature.ts"
import { Identity } from "../../store/Identity.ts"
import type { EncodedBody } from "./bodies.ts"
import { callUrl, makeExchange } from "./exchange.ts"

/** Whose signature a request carries; at enrolment the licence key as well. */
export interface Credentials {
  readonly keyid: string
  readonly licenseKey?: Redacted.Redacted
}

/** 96 bits: no two requests of one agent that a server remembers at a time share one. */
const makeNonce = Effect.sync(() => randomBytes(12).toString("base64url"))

/** Builds the function that makes one try of one call. It signs anew at every run, because a nonce counts once. */
export const makeSignedPost = Effect.fnUntraced(function* (timeout: Duration.Duration) {
  const { api_url } = yield* AgentConfig
  const { privateKey } = yield* Identity
  const exchange = yield* makeExchange(timeout)

  return Effect.fnUntraced(function* (path: string, body: EncodedBody, credentials: Credentials) {
    const url = callUrl(api_url, path)
    const encoding = body.encoding === undefined ? {} : { "content-encoding": body.encoding }
    const signature = yield* signRequest(
      { method: "POST", url, headers: encoding, body: body.bytes },
      {
        keyid: credentials.keyid,
        nonce: yield* makeNonce,
        created: yield* DateTime.now,
        privateKey,
      },
    )
    const request = HttpClientRequest.post(url).pipe(
      HttpClientRequest.bodyUint8Array(body.bytes, "application/json"),
      HttpClientRequest.setHeaders({ ...encoding, ...signature }),
    )
    return yield* exchange(
      credentials.licenseKey === undefined
        ? request
        : HttpClientRequest.bearerToken(request, credentials.licenseKey),
    )
  })
})

import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createSigner, createVerifier, httpbis } from "http-message-signatures"
import { createHash, createPublicKey, type KeyObject } from "node:crypto"
import type { PublicKey } from "./AgentMessages.ts"

/** How far `created` may be from the verifier's clock when the head of the request arrives, either way. */
export const signatureSkewSeconds = 300

const label = "sig"
const components = ["@method", "@authority", "@path", "content-digest"]
const parameters = ["created", "nonce", "keyid", "alg"]

/** A request as both sides see it. */
export interface SignableRequest {
  readonly method: string
  /** Absolute. A server builds it from `https://`, the Host field and the request target. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The bytes on the wire: after compression, before decompression. */
  readonly body: Uint8Array
}

/** Who signed a request, and what a server remembers to refuse a replay. */
export interface RequestSigner {
  readonly keyid: string
  readonly nonce: string
  readonly created: DateTime.Utc
}

/** The request cannot be attributed to an agent. `unknown_key`: nobody is known under its `keyid`. */
export class RequestSignatureRefused extends Schema.TaggedError<RequestSignatureRefused>()(
  "RequestSignatureRefused",
  {
    reason: Schema.Literals([
      "missing",
      "malformed",
      "missing_component",
      "wrong_algorithm",
      "clock_skew",
      "digest_mismatch",
      "unknown_key",
      "bad_signature",
    ]),
  },
) {
  override get message() {
    const why = {
      missing: "it is not signed",
      malformed: "Signature-Input or Signature is malformed, or there is more than one signature",
      missing_component: "the signature does not cover everything it must",
      wrong_algorithm: "only ed25519 is accepted",
      clock_skew: `it was signed more than ${signatureSkewSeconds} s before or after it came: check both clocks, and whether a proxy holds it back`,
      digest_mismatch: "Content-Digest does not match the body",
      unknown_key: "nobody is known under its keyid",
      bad_signature: "the signature does not verify",
    }[this.reason]
    return `the request is refused: ${why}`
  }
}

/** RFC 9530 `Content-Digest` of the bytes as sent. */
const contentDigest = (body: Uint8Array) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`

/** The request as the library wants it: fields that are absent are not there at all. */
const toMessage = ({ method, url, headers }: SignableRequest) => ({
  method,
  url,
  headers: Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ),
})

const covered = (request: SignableRequest) =>
  request.headers["content-encoding"] === undefined ? components : [...components, "content-encoding"]

/**
 * Signs a request with an Ed25519 private key (RFC 9421) and returns the three fields to add to it:
 * `content-digest`, `signature-input` and `signature`. Deterministic in its arguments.
 */
export const signRequest = Effect.fnUntraced(function* (
  request: SignableRequest,
  signer: RequestSigner & { readonly privateKey: KeyObject },
) {
  const digest = contentDigest(request.body)
  const message = toMessage({ ...request, headers: { ...request.headers, "content-digest": digest } })
  const signed = yield* Effect.promise(() =>
    httpbis.signMessage(
      {
        key: createSigner(signer.privateKey, "ed25519", signer.keyid),
        name: label,
        fields: covered(request),
        params: parameters,
        paramValues: { created: DateTime.toDateUtc(signer.created), nonce: signer.nonce },
      },
      message,
    ),
  )
  return {
    "content-digest": digest,
    "signature-input": String(signed.headers["Signature-Input"]),
    signature: String(signed.headers["Signature"]),
  }
})

/**
 * One signature over plain components. The library would also take several signatures, or component
 * parameters such as `"content-digest";key="x"` that shrink what is covered.
 */
const inputShape = /^[a-z][a-z0-9_-]{0,31}=\(((?:"[@a-z0-9-]+" ?)+)\);[\x20-\x7e]+$/

const SignatureParameters = Schema.Struct({
  created: Schema.DateTimeUtcFromDate,
  nonce: Schema.String.check(Schema.isMinLength(16), Schema.isMaxLength(128)),
  keyid: Schema.String.check(Schema.isMaxLength(128)),
  alg: Schema.String,
})
const decodeParameters = Schema.decodeUnknownEffect(SignatureParameters)

const refuse = (reason: RequestSignatureRefused["reason"]) => new RequestSignatureRefused({ reason })

/** What the one signature of a request claims, unverified. */
const claims = Effect.fnUntraced(function* (message: ReturnType<typeof toMessage>) {
  const seen: Array<unknown> = []
  yield* Effect.tryPromise({
    try: () =>
      httpbis.verifyMessage(
        {
          keyLookup: (found) => {
            seen.push(found)
            return Promise.resolve(null)
          },
        },
        message,
      ),
    catch: () => refuse("malformed"),
  })
  if (seen.length !== 1) return yield* refuse("malformed")
  return yield* Effect.mapError(decodeParameters(seen[0]), () => refuse("malformed"))
})

/**
 * Verifies a request whose head came at `arrived` against the Ed25519 key that `lookup` knows for its `keyid`. Whatever
 * the signature must cover and does not is refused, a query included. Whether the nonce was seen before is the caller's
 * to check.
 */
export const verifyRequest = Effect.fnUntraced(function* <E, R>(
  request: SignableRequest,
  arrived: DateTime.Utc,
  lookup: (keyid: string) => Effect.Effect<Option.Option<PublicKey>, E, R>,
): Effect.fn.Return<RequestSigner, RequestSignatureRefused | E, R> {
  const input = request.headers["signature-input"]
  if (input === undefined || request.headers["signature"] === undefined) return yield* refuse("missing")
  const fields = inputShape.exec(input)?.[1]
  if (fields === undefined || !URL.canParse(request.url)) return yield* refuse("malformed")

  const message = toMessage(request)
  const { alg, ...signer } = yield* claims(message)
  if (alg !== "ed25519") return yield* refuse("wrong_algorithm")

  const names = fields.split(" ")
  const complete = covered(request).every((name) => names.includes(`"${name}"`))
  if (!complete || new URL(request.url).search !== "") return yield* refuse("missing_component")

  const age = DateTime.toEpochMillis(arrived) - DateTime.toEpochMillis(signer.created)
  if (Math.abs(age) > signatureSkewSeconds * 1000) {
    return yield* refuse("clock_skew")
  }
  if (request.headers["content-digest"] !== contentDigest(request.body)) {
    return yield* refuse("digest_mismatch")
  }

  const known = yield* lookup(signer.keyid)
  if (Option.isNone(known)) return yield* refuse("unknown_key")
  const verified = yield* Effect.tryPromise({
    try: () => {
      const key = createPublicKey({ key: { ...known.value }, format: "jwk" })
      const verify = createVerifier(key, "ed25519")
      // The library compares `created` with its own clock unless both limits are lifted; ours is above.
      const keyLookup = () => Promise.resolve({ algs: ["ed25519"], verify })
      return httpbis.verifyMessage({ keyLookup, notAfter: Number.MAX_SAFE_INTEGER }, message)
    },
    catch: () => refuse("bad_signature"),
  })
  return verified === true ? signer : yield* refuse("bad_signature")
})

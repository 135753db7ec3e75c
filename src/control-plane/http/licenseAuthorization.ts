import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as Redacted from "effect/Redacted"
import { calculateJwkThumbprint } from "jose"
import { LicenseAuthorization, Organization } from "../../protocol/AgentApi.ts"
import { Enrolment } from "../../protocol/AgentMessages.ts"
import { InvalidLicenseKey, InvalidRequest } from "../../protocol/Problems.ts"
import { Credentials } from "../persistence/Credentials.ts"
import { Nonces } from "../persistence/Nonces.ts"
import { secretHash } from "../secretHash.ts"
import { provenSender, toBadRequestSignature } from "./provenSender.ts"
import { type BodyLimits, decoded, readSent, withBody } from "./requestBody.ts"
import { toUnavailable } from "./storageFailure.ts"

const limits: BodyLimits = { sentBytes: 64 * 1024, decodedBytes: 256 * 1024 }

const decodeIntroduction = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Enrolment.mapFields(({ publicKey }) => ({ publicKey }))),
)

/** The key a body introduces, under the name that is computed from it and not the one it claims. */
const introducedKey = Effect.fnUntraced(function* (body: Uint8Array) {
  const { publicKey } = yield* Effect.mapError(
    decodeIntroduction(new TextDecoder().decode(body)),
    () => new InvalidRequest({ detail: "the body holds no public key" }),
  )
  const thumbprint = yield* Effect.promise(() => calculateJwkThumbprint({ ...publicKey }))
  if (thumbprint !== publicKey.kid) {
    return yield* new InvalidRequest({ detail: "publicKey.kid is not the thumbprint of the key (RFC 7638)" })
  }
  return publicKey
})

export const layer = Layer.effect(
  LicenseAuthorization,
  Effect.gen(function* () {
    const credentials = yield* Credentials
    const nonces = yield* Nonces

    const authorize = Effect.fnUntraced(
      function* (request: HttpServerRequest.HttpServerRequest, key: Redacted.Redacted<string>) {
        const arrived = yield* DateTime.now
        const organization = yield* credentials.licenseKey(secretHash(key))
        if (Option.isNone(organization)) {
          yield* Effect.logWarning("enrolment.refused").pipe(
            Effect.annotateLogs({ address: Option.getOrElse(request.remoteAddress, () => "unknown") }),
          )
          return yield* new InvalidLicenseKey()
        }
        const sent = yield* readSent(request, limits)
        const body = yield* decoded(sent, request.headers["content-encoding"], limits)
        const introduced = yield* introducedKey(body)
        yield* provenSender(request, { arrived, sent }, (keyid) =>
          Effect.succeed(keyid === introduced.kid ? Option.some(introduced) : Option.none()),
        )
        return { id: organization.value, request: withBody(request, body) }
      },
      Effect.provideService(Nonces, nonces),
      Effect.catchTags({
        RequestSignatureRefused: (refused) => Effect.fail(toBadRequestSignature(refused)),
        PersistenceError: toUnavailable,
      }),
    )

    return {
      licenseKey: (handler, { credential }) =>
        Effect.gen(function* () {
          const { id, request } = yield* authorize(yield* HttpServerRequest.HttpServerRequest, credential)
          return yield* handler.pipe(
            Effect.provideService(Organization, { id }),
            Effect.provideService(HttpServerRequest.HttpServerRequest, request),
          )
        }),
    }
  }),
)

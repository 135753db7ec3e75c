import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import { AgentId } from "../../domain/Identifiers.ts"
import { SignatureAuthorization, SigningAgent } from "../../protocol/AgentApi.ts"
import { UnknownAgent } from "../../protocol/Problems.ts"
import { Agents } from "../persistence/Agents.ts"
import { Nonces } from "../persistence/Nonces.ts"
import { provenSender, toBadRequestSignature } from "./provenSender.ts"
import { type BodyLimits, decoded, readSent, withBody } from "./requestBody.ts"
import { toUnavailable } from "./storageFailure.ts"

/** Some 100,000 packages with their updates, far above any host that is still usable. */
const limits: BodyLimits = { sentBytes: 8 * 1024 * 1024, decodedBytes: 64 * 1024 * 1024 }

const decodeAgentId = Schema.decodeUnknownOption(AgentId)

export const layer = Layer.effect(
  SignatureAuthorization,
  Effect.gen(function* () {
    const agents = yield* Agents
    const nonces = yield* Nonces

    const publicKey = (keyid: string) =>
      Option.match(decodeAgentId(keyid), { onNone: () => Effect.succeedNone, onSome: agents.publicKey })

    const authorize = Effect.fnUntraced(
      function* (request: HttpServerRequest.HttpServerRequest) {
        const arrived = yield* DateTime.now
        const sent = yield* readSent(request, limits)
        const id = AgentId.make(yield* provenSender(request, { arrived, sent }, publicKey))
        const body = yield* decoded(sent, request.headers["content-encoding"], limits)
        return { id, request: withBody(request, body) }
      },
      Effect.provideService(Nonces, nonces),
      Effect.catchTags({
        RequestSignatureRefused: (refused) =>
          Effect.fail(refused.reason === "unknown_key" ? new UnknownAgent() : toBadRequestSignature(refused)),
        PersistenceError: toUnavailable,
      }),
    )

    return {
      requestSignature: (handler) =>
        Effect.gen(function* () {
          const { id, request } = yield* authorize(yield* HttpServerRequest.HttpServerRequest)
          return yield* handler.pipe(
            Effect.provideService(SigningAgent, { id }),
            Effect.provideService(HttpServerRequest.HttpServerRequest, request),
            Effect.annotateLogs({ agent: id }),
          )
        }),
    }
  }),
)

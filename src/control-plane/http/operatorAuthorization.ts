import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as HttpMethod from "effect/http/HttpMethod"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as Redacted from "effect/Redacted"
import {
  Operator,
  OperatorAuthorization,
  type OperatorScope,
  RequiredScope,
} from "../../protocol/OperatorApi.ts"
import { InsufficientScope, InvalidToken } from "../../protocol/Problems.ts"
import { Credentials } from "../persistence/Credentials.ts"
import { secretHash } from "../secretHash.ts"
import { type BodyLimits, decoded, readSent, withBody } from "./requestBody.ts"
import { toUnavailable } from "./storageFailure.ts"

const limits: BodyLimits = { sentBytes: 1024 * 1024, decodedBytes: 1024 * 1024 }

export const layer = Layer.effect(
  OperatorAuthorization,
  Effect.gen(function* () {
    const credentials = yield* Credentials

    const authorize = Effect.fnUntraced(
      function* (token: Redacted.Redacted<string>, scope: OperatorScope) {
        const operator = yield* credentials.operatorToken(secretHash(token))
        if (Option.isNone(operator)) return yield* new InvalidToken()
        if (!operator.value.scopes.includes(scope)) {
          return yield* new InsufficientScope({
            scope,
            detail: `the operator token lacks the scope ${scope}`,
          })
        }
        return operator.value
      },
      Effect.catchTag("PersistenceError", toUnavailable),
    )

    const bounded = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
      if (!HttpMethod.hasBody(request.method)) return request
      const sent = yield* readSent(request, limits)
      return withBody(request, yield* decoded(sent, request.headers["content-encoding"], limits))
    })

    return {
      operatorToken: (handler, { credential, endpoint }) =>
        Effect.gen(function* () {
          const operator = yield* authorize(
            credential,
            Context.getUnsafe(endpoint.annotations, RequiredScope),
          )
          yield* Effect.logInfo("operator.call").pipe(
            Effect.annotateLogs({ operator: operator.name, call: endpoint.identifier }),
          )
          const request = yield* bounded(yield* HttpServerRequest.HttpServerRequest)
          return yield* handler.pipe(
            Effect.provideService(Operator, operator),
            Effect.provideService(HttpServerRequest.HttpServerRequest, request),
            Effect.annotateLogs({ operator: operator.name }),
          )
        }),
    }
  }),
)

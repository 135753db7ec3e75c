import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerRespondable from "effect/http/HttpServerRespondable"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { InternalError, InvalidRequest, NotFound } from "../../protocol/Problems.ts"

const problem = (respondable: HttpServerRespondable.Respondable) =>
  Effect.orDie(HttpServerRespondable.toResponse(respondable))

/** Every address that is not part of the API. */
const unknownAddress = HttpRouter.add("*", "/*", problem(new NotFound({ detail: "no such address" })))

/**
 * Nothing leaves as an empty error: what the API does not describe becomes a problem too, and a bug of ours is
 * logged with its cause and answered without it. Answers are for one caller and are not to be cached.
 */
const problems = HttpRouter.middleware(
  (handler) =>
    handler.pipe(
      Effect.filterOrElse(
        (response) => response.status !== 415,
        () => problem(new InvalidRequest({ detail: "content-type is not application/json" })),
      ),
      Effect.catchCauseIf(
        (cause) => !Cause.hasInterruptsOnly(cause),
        Effect.fnUntraced(function* (cause) {
          const { method, url } = yield* HttpServerRequest.HttpServerRequest
          yield* Effect.logError("request.failed", cause).pipe(Effect.annotateLogs({ method, url }))
          return yield* problem(new InternalError())
        }),
      ),
      Effect.map(HttpServerResponse.setHeader("cache-control", "no-store")),
    ),
  { global: true },
)

export const layer = Layer.merge(unknownAddress, problems)

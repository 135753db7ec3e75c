import * as Effect from "effect/Effect"
import type * as HttpApiError from "effect/http-api/HttpApiError"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as SchemaIssue from "effect/SchemaIssue"
import { RequestShape } from "../../protocol/AgentApi.ts"
import { InvalidRequest } from "../../protocol/Problems.ts"

const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** At most this many places are named. */
const placesLimit = 5

/**
 * Names the places that do not decode, never what was found there: a body may carry what must not come back or
 * end up in a log.
 */
const placesOf = (error: HttpApiError.HttpApiSchemaError): string => {
  const places = standardIssues(error.cause.issue).issues.map(({ path = [] }) =>
    [
      error.kind.toLowerCase(),
      ...path.map((step) => String(typeof step === "object" ? step.key : step)),
    ].join("."),
  )
  return [...new Set(places)].slice(0, placesLimit).join(", ")
}

/** A request that does not decode is `InvalidRequest`; a response that does not encode is a bug of ours. */
export const layer = HttpApiMiddleware.layerSchemaErrorTransform(RequestShape, (error) =>
  error.kind === "Body" || error.kind === "ResponseHeaders"
    ? Effect.die(error)
    : Effect.fail(new InvalidRequest({ detail: `not as documented: ${placesOf(error)}` })),
)

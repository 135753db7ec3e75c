import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerRespondable from "effect/http/HttpServerRespondable"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { NotFound } from "../../protocol/Problems.ts"
import { PublishedFeeds } from "../PublishedFeeds.ts"

const noSuchFile = new NotFound({ detail: "no such feed file" })

/**
 * The vulnerability feeds, to everybody: they are public and signed, and a mirror or a cache has no agent's key to ask
 * with.
 */
export const layer = HttpRouter.add(
  "GET",
  "/v1/feeds/:file",
  Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const feeds = yield* PublishedFeeds
    const { file = "" } = yield* HttpRouter.params
    const found = yield* feeds.file(file)
    if (Option.isNone(found)) return yield* Effect.orDie(HttpServerRespondable.toResponse(noSuchFile))
    const { bytes, content, etag } = found.value
    if (request.headers["if-none-match"] === etag) {
      return HttpServerResponse.empty({ status: 304, headers: { etag } })
    }
    return HttpServerResponse.stream(content, {
      contentType: "application/octet-stream",
      contentLength: bytes,
      headers: { etag },
    })
  }),
)

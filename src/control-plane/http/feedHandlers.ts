import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Api } from "../../protocol/Api.ts"
import { NotFound } from "../../protocol/Problems.ts"
import { PublishedFeeds } from "../PublishedFeeds.ts"
import { sendPublished } from "./sendPublished.ts"

export const layer = HttpApiBuilder.group(Api, "feeds", (handlers) =>
  handlers.handleRaw(
    "file",
    Effect.fnUntraced(function* ({ params, request }) {
      const feeds = yield* PublishedFeeds
      const found = yield* Effect.orDie(feeds.file(params.file))
      if (Option.isNone(found)) return yield* new NotFound({ detail: "no such feed file" })
      return sendPublished(found.value, request)
    }),
  ),
)

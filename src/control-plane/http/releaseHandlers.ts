import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Api } from "../../protocol/Api.ts"
import { NotFound } from "../../protocol/Problems.ts"
import { PublishedReleases } from "../PublishedReleases.ts"
import { sendPublished } from "./sendPublished.ts"

const absent = new NotFound({ detail: "no such file of a release" })

export const layer = HttpApiBuilder.group(Api, "releases", (handlers) =>
  handlers
    .handleRaw(
      "metadata",
      Effect.fnUntraced(function* ({ params, request }) {
        const releases = yield* PublishedReleases
        const found = yield* Effect.orDie(releases.metadata(params.file))
        return Option.isNone(found) ? yield* absent : sendPublished(found.value, request)
      }),
    )
    .handleRaw(
      "target",
      Effect.fnUntraced(function* ({ params, request }) {
        const releases = yield* PublishedReleases
        const found = yield* Effect.orDie(releases.target(params.file))
        return Option.isNone(found) ? yield* absent : sendPublished(found.value, request)
      }),
    ),
)

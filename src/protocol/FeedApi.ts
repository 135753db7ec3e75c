import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import { NotFound } from "./Problems.ts"

/** The vulnerability feeds, to everybody: they are public and signed, and a mirror or a cache has no agent's key. */
export class FeedGroup extends HttpApiGroup.make("feeds").add(
  HttpApiEndpoint.get("file", "/v1/feeds/:file", {
    params: {
      file: Schema.String.annotate({
        description:
          "`manifest.json`, `manifest.json.sig`, `feed-key.pub`, or a feed file that the manifest names",
      }),
    },
    success: [
      Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()),
      HttpApiSchema.Empty(304).annotate({
        description: "The file is the one whose ETag came as `if-none-match`",
      }),
    ],
    error: NotFound,
  }).annotate(
    OpenApi.Description,
    "A file of the published vulnerability feeds, with an `etag`. Anybody may ask.",
  ),
) {}

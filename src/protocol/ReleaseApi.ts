import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import { NotFound } from "./Problems.ts"

const content = [
  Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()),
  HttpApiSchema.Empty(304).annotate({
    description: "The file is the one whose ETag came as `if-none-match`",
  }),
] as const

/** Releases of the agent, to everybody: they are public and signed, and a mirror or a cache has no agent's key. */
export class ReleaseGroup extends HttpApiGroup.make("releases")
  .add(
    HttpApiEndpoint.get("metadata", "/v1/releases/:file", {
      params: {
        file: Schema.String.annotate({
          description: "`timestamp.json`, or `N.root.json`, `N.snapshot.json`, `N.targets.json`",
        }),
      },
      success: content,
      error: NotFound,
    }).annotate(
      OpenApi.Description,
      "Metadata of the agent's releases (The Update Framework 1.0, consistent snapshots). Anybody may ask.",
    ),
  )
  .add(
    HttpApiEndpoint.get("target", "/v1/releases/targets/:file", {
      params: {
        file: Schema.String.annotate({
          description: "`SHA256.NAME` of an executable that the metadata name",
        }),
      },
      success: content,
      error: NotFound,
    }).annotate(OpenApi.Description, "An executable of the agent. Anybody may ask."),
  ) {}

import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import type { PublishedFile } from "../publishedFile.ts"

/** The answer with a published file, or that it is still the one the client has. */
export const sendPublished = (
  { bytes, content, etag }: PublishedFile,
  { headers }: HttpServerRequest.HttpServerRequest,
) =>
  headers["if-none-match"] === etag
    ? HttpServerResponse.empty({ status: 304, headers: { etag } })
    : HttpServerResponse.stream(content, {
        contentType: "application/octet-stream",
        contentLength: bytes,
        headers: { etag },
      })

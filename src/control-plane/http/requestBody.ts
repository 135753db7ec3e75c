import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import { promisify } from "node:util"
import * as Zlib from "node:zlib"
import { InvalidRequest, PayloadTooLarge } from "../../protocol/Problems.ts"

/** How large a body may be on the wire, and after decompression. */
export interface BodyLimits {
  readonly sentBytes: number
  readonly decodedBytes: number
}

/** The bytes as they were sent. Reading stops at the limit. */
export const readSent = (request: HttpServerRequest.HttpServerRequest, { sentBytes }: BodyLimits) =>
  request.arrayBuffer.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(sentBytes)),
    Effect.map((buffer) => new Uint8Array(buffer)),
    Effect.catchTag("HttpServerError", ({ reason }) =>
      Effect.fail(
        reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
          ? new PayloadTooLarge({ limitBytes: sentBytes })
          : new InvalidRequest({ detail: "the body ended early" }),
      ),
    ),
  )

const decoders = new Map<
  string,
  (bytes: Uint8Array, options: Zlib.ZlibOptions & Zlib.ZstdOptions) => Promise<Buffer>
>([
  ["gzip", promisify<Uint8Array, Zlib.ZlibOptions, Buffer>(Zlib.gunzip)],
  ["zstd", promisify<Uint8Array, Zlib.ZstdOptions, Buffer>(Zlib.zstdDecompress)],
])

const isTooLarge = (cause: unknown) =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE"

/** Undoes the content coding. No more than the limit is ever decompressed, whatever the ratio. */
export const decoded = (
  sent: Uint8Array,
  coding: string | undefined,
  { decodedBytes }: BodyLimits,
): Effect.Effect<Uint8Array, InvalidRequest | PayloadTooLarge> => {
  if (coding === undefined || coding === "identity") return Effect.succeed(sent)
  const decode = decoders.get(coding)
  if (decode === undefined) {
    return Effect.fail(new InvalidRequest({ detail: "content-encoding is neither gzip nor zstd" }))
  }
  return Effect.tryPromise({
    try: () => decode(sent, { maxOutputLength: decodedBytes }),
    catch: (cause) =>
      isTooLarge(cause)
        ? new PayloadTooLarge({ limitBytes: decodedBytes })
        : new InvalidRequest({ detail: `the body is not ${coding}` }),
  })
}

/** The same request with another body, for whoever decodes it further on. */
export const withBody = (
  request: HttpServerRequest.HttpServerRequest,
  body: Uint8Array,
): HttpServerRequest.HttpServerRequest => {
  const { "content-encoding": _coding, "content-length": _length, ...headers } = request.headers
  return HttpServerRequest.fromWeb(
    new Request(`https://${request.headers["host"] ?? "localhost"}${request.url}`, {
      method: request.method,
      headers,
      body: Buffer.from(body),
    }),
  ).modify({ remoteAddress: request.remoteAddress })
}

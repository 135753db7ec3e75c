import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { gunzip, gzip } from "node:zlib"
import { RequestFailed } from "../ControlPlane.ts"

/** Most of an answer that is read from the network, and most that it may decompress to. */
const responseLimitBytes = 1024 * 1024
const decompressedLimitBytes = 8 * 1024 * 1024

/** Below this a compressed body saves less than the field that announces it. */
const compressionThresholdBytes = 512

/** A request body as sent, with the coding to announce. */
export interface EncodedBody {
  readonly bytes: Uint8Array
  readonly encoding?: "gzip"
}

/** Compresses a request body where that makes the request smaller. */
export const encodeBody = (text: string): Effect.Effect<EncodedBody> =>
  Effect.callback((resume) => {
    const plain = Buffer.from(text)
    if (plain.length < compressionThresholdBytes) return resume(Effect.succeed({ bytes: plain }))
    gzip(plain, { level: 9 }, (error, packed) =>
      resume(
        error === null && packed.length < plain.length
          ? Effect.succeed({ bytes: packed, encoding: "gzip" })
          : Effect.succeed({ bytes: plain }),
      ),
    )
  })

const inWords = (bytes: number) =>
  bytes % (1024 * 1024) === 0 ? `${bytes / 1024 / 1024} MiB` : `${bytes} bytes`

const tooLarge = (limit: number, state: string) =>
  new RequestFailed({
    code: "response_too_large",
    retryable: false,
    detail: `the answer has more than ${inWords(limit)}${state}`,
  })

const malformed = (detail: string) =>
  new RequestFailed({ code: "response_malformed", retryable: true, detail })

/** Hands over at most the limit, piece by piece: the connection is closed as soon as one byte more arrives. */
export const eachWithin = <E, E2>(
  stream: Stream.Stream<Uint8Array, E>,
  limit: number,
  take: (chunk: Uint8Array) => Effect.Effect<void, E2>,
) =>
  Effect.suspend(() => {
    let size = 0
    return Stream.runForEach(stream, (chunk): Effect.Effect<void, E2 | RequestFailed> => {
      size += chunk.length
      return size > limit ? Effect.fail(tooLarge(limit, "")) : take(chunk)
    })
  })

/** Reads at most the limit. */
export const readBytes = <E>(stream: Stream.Stream<Uint8Array, E>, limit: number) =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    return eachWithin(stream, limit, (chunk) => Effect.sync(() => void chunks.push(chunk))).pipe(
      Effect.map(() => Buffer.concat(chunks)),
    )
  })

/** zlib stops at the limit by itself, so a bomb costs no more than that. */
const unpack = (packed: Buffer): Effect.Effect<Buffer, RequestFailed> =>
  Effect.callback((resume) => {
    gunzip(
      packed,
      { maxOutputLength: decompressedLimitBytes },
      (error: NodeJS.ErrnoException | null, plain) => {
        if (error === null) return resume(Effect.succeed(plain))
        return resume(
          Effect.fail(
            error.code === "ERR_BUFFER_TOO_LARGE"
              ? tooLarge(decompressedLimitBytes, " when decompressed")
              : malformed("the answer does not decompress"),
          ),
        )
      },
    )
  })

/** The whole body of an answer as text, within both limits. */
export const readBody = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const encoding = response.headers["content-encoding"] ?? "identity"
  const bytes = yield* readBytes(response.stream, responseLimitBytes)
  if (encoding === "identity" || bytes.length === 0) return bytes.toString()
  if (encoding !== "gzip") return yield* malformed("the answer has a content coding that was not asked for")
  return (yield* unpack(bytes)).toString()
})

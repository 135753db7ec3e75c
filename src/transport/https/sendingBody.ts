import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { sendingTime } from "../../schedules.ts"

/** A body that is larger goes out in pieces of this size, each when the connection takes it. */
export const pieceBytes = 16 * 1024

const piecesOf = function* (body: Uint8Array) {
  for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes)
}

/**
 * The same request with a body that is seen to go out, and `late`, which succeeds `patience` after the time that the bytes
 * taken so far may need, with both together: those of the whole body on a line that is alive, fewer on one that has gone dead.
 *
 * All that Node tells is when the kernel has taken a piece, not what has arrived. The kernel holds 100 KB and more and takes
 * the next when a third of that has left: on a line of 16 kbit/s nothing was taken for 41 s while all was well. So silence
 * says nothing by itself, but on no line that is fast enough do bytes taken outlast their time.
 */
export const sendingBody = Effect.fnUntraced(function* (
  request: HttpClientRequest.HttpClientRequest,
  patience: Duration.Duration,
) {
  const { body } = request
  const clock = yield* Clock.Clock
  const begun = clock.currentTimeMillisUnsafe()
  const inPieces = body._tag === "Uint8Array" && body.body.length > pieceBytes
  let taken = body._tag === "Uint8Array" && !inPieces ? body.body.length : 0

  const late: Effect.Effect<Duration.Duration> = Effect.suspend(() => {
    const allowed = Duration.sum(patience, sendingTime(taken))
    const left = begun + Duration.toMillis(allowed) - clock.currentTimeMillisUnsafe()
    return left <= 0 ? Effect.succeed(allowed) : Effect.andThen(Effect.sleep(left), late)
  })
  if (!inPieces) return { request, late }

  const pieces = Stream.fromIterable(piecesOf(body.body), { chunkSize: 1 }).pipe(
    Stream.tap(({ length }) => Effect.sync(() => void (taken += length))),
  )
  return {
    request: HttpClientRequest.bodyStream(request, pieces, {
      contentType: body.contentType,
      contentLength: body.contentLength,
    }),
    late,
  }
})

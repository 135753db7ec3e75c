import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as TestClock from "effect/testing/TestClock"
import { randomBytes } from "node:crypto"
import { sendingTime } from "../../../src/schedules.ts"
import { pieceBytes, sendingBody } from "../../../src/transport/https/sendingBody.ts"

const patience = Duration.seconds(30)
const body = randomBytes(4 * pieceBytes + 1)

/** The pieces of a body, and the watch over them. */
const sending = Effect.gen(function* () {
  const post = HttpClientRequest.post("https://api.test/").pipe(
    HttpClientRequest.bodyUint8Array(body, "application/json"),
  )
  const { request, late } = yield* sendingBody(post, patience)
  if (request.body._tag !== "Stream") return assert.fail("the body is not sent in pieces")
  assert.strictEqual(request.body.contentLength, body.length)
  return { pieces: request.body.stream, watch: yield* Effect.forkChild(late) }
})

/** Lets time pass until the watch ends; the seconds, and what it says. */
const endOf = Effect.fnUntraced(function* (watch: Fiber.Fiber<Duration.Duration>) {
  let seconds = 0
  for (; watch.pollUnsafe() === undefined && seconds < 3600; seconds++) yield* TestClock.adjust("1 second")
  return { seconds, allowed: Duration.toSeconds(yield* Fiber.join(watch)) }
})

/** Takes so many pieces, one every so many seconds, and then no more. */
const taking = (pieces: Stream.Stream<Uint8Array, unknown>, count: number, every: Duration.Input) =>
  Effect.forkChild(
    Stream.runForEach(Stream.take(pieces, count), () => Effect.sleep(every)).pipe(
      Effect.andThen(Effect.never),
    ),
  )

const inSeconds = (bytes: number) => 30 + Duration.toSeconds(sendingTime(bytes))

describe("a body on its way", () => {
  it.effect("is whole, piece by piece", () =>
    Effect.gen(function* () {
      const { pieces } = yield* sending
      const sent = yield* Stream.runCollect(pieces)
      assert.isAtMost(Math.max(...sent.map(({ length }) => length)), pieceBytes)
      assert.isTrue(Buffer.concat(sent).equals(body))
    }),
  )

  it.effect("goes as it is when it is small, with the time for it", () =>
    Effect.gen(function* () {
      for (const size of [0, 1, 999, 1000, 1001, pieceBytes]) {
        const post = HttpClientRequest.post("https://api.test/")
        const small = HttpClientRequest.bodyUint8Array(post, body.subarray(0, size))
        const { request, late } = yield* sendingBody(small, patience)
        assert.strictEqual(request, small)
        const { seconds } = yield* endOf(yield* Effect.forkChild(late))
        assert.strictEqual(seconds, 30 + Math.ceil(size / 1000))
      }
    }),
  )

  it.effect("is late by the bytes that were taken, not by those that were not", () =>
    Effect.gen(function* () {
      for (const count of [1, 2]) {
        const { pieces, watch } = yield* sending
        yield* taking(pieces, count, "1 second")
        const expected = inSeconds(count * pieceBytes)
        assert.deepStrictEqual(yield* endOf(watch), { seconds: expected, allowed: expected })
      }
      const { watch } = yield* sending
      assert.deepStrictEqual(yield* endOf(watch), { seconds: 30, allowed: 30 })
    }),
  )

  it.effect("is not late on the slowest line, however long it is silent between two pieces", () =>
    Effect.gen(function* () {
      const { pieces, watch } = yield* sending
      yield* taking(pieces, Infinity, sendingTime(pieceBytes))
      assert.strictEqual((yield* endOf(watch)).seconds, inSeconds(body.length))
    }),
  )
})

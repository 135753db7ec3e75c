import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gzipSync } from "node:zlib"
import { RequestFailed } from "../../../src/transport/ControlPlane.ts"
import { beat, idleReply } from "../../fakes/agentTransport.ts"
import { beatTo, startTrusted } from "../../fakes/beatTo.ts"
import { type Answer, json } from "../../fakes/MisbehavingServer.ts"

const mebibyte = 1024 * 1024

/** Writes for as long as the client takes it; `closed` resolves to the bytes written. */
const endless = () => {
  const closed = Promise.withResolvers<number>()
  const chunk = Buffer.alloc(64 * 1024, " ")
  let written = 0
  const answer: Answer = (_, response) => {
    const more = () => {
      do written += chunk.length
      while (response.write(chunk))
    }
    response.on("drain", more)
    response.once("close", () => closed.resolve(written))
    more()
  }
  return { closed: closed.promise, answer }
}

const assertTooLarge = (error: unknown) => {
  assert.instanceOf(error, RequestFailed)
  assert.deepInclude(
    { code: error.code, retryable: error.retryable },
    {
      code: "response_too_large",
      retryable: false,
    },
  )
}

describe("an answer's size", () => {
  it.live("is limited on the wire: an endless body is cut off at once", () =>
    Effect.gen(function* () {
      const { closed, answer } = endless()
      const { server, layer } = yield* startTrusted(answer)
      const error = yield* Effect.provide(Effect.flip(beat), layer)
      assert.strictEqual(server.received.length, 1)
      assertTooLarge(error)
      // What is beyond the limit was under way in socket buffers.
      assert.isBelow(yield* Effect.promise(() => closed), 9 * mebibyte)
    }),
  )

  it.live("is limited after decompression: a body of 100:1 costs no more than the limit", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(100 * mebibyte, " "))
      assert.isBelow(bomb.length, mebibyte)
      const { error } = yield* beatTo((_, response) => {
        response.setHeader("content-encoding", "gzip")
        response.end(bomb)
      })
      assertTooLarge(error)
    }),
  )

  it.live("may reach the limit on the wire, not one byte more", () =>
    Effect.gen(function* () {
      const padded = JSON.stringify(idleReply).padStart(mebibyte)
      const { reply } = yield* beatTo((_, response) => response.end(padded))
      assert.isDefined(reply)
      const { error } = yield* beatTo((_, response) => response.end(` ${padded}`))
      assertTooLarge(error)
    }),
  )

  it.live("may reach the limit after decompression, not one byte more", () =>
    Effect.gen(function* () {
      const padded = JSON.stringify(idleReply).padStart(8 * mebibyte)
      const answer =
        (body: string): Answer =>
        (_, response) => {
          response.setHeader("content-encoding", "gzip")
          response.end(gzipSync(body))
        }
      const { reply } = yield* beatTo(answer(padded))
      assert.isDefined(reply)
      const { error } = yield* beatTo(answer(` ${padded}`))
      assertTooLarge(error)
    }),
  )

  it.live("is limited in memory too, however often a server tries", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(100 * mebibyte, " "))
      const { layer } = yield* startTrusted((request, response, n) => {
        if (n % 2 === 0) return endless().answer(request, response, n)
        response.setHeader("content-encoding", "gzip")
        return response.end(bomb)
      })
      const attack = Effect.repeat(
        Effect.flatMap(Effect.flip(beat), (error) => Effect.sync(() => assertTooLarge(error))),
        { times: 9 },
      )
      yield* Effect.gen(function* () {
        yield* attack
        const before = process.memoryUsage.rss()
        yield* attack
        yield* attack
        // Without the limits one bomb takes 200 MiB, an endless body whatever there is. What is measured here is
        // mostly the server, which runs in this process, and what the collector leaves lying about.
        assert.isBelow(process.memoryUsage.rss() - before, 128 * mebibyte)
      }).pipe(Effect.provide(layer))
    }),
  )

  it.live("after a limit the next call uses a new connection and works", () =>
    Effect.gen(function* () {
      const { server, layer } = yield* startTrusted((request, response, n) =>
        n === 0 ? endless().answer(request, response, n) : json(response, idleReply),
      )
      yield* Effect.gen(function* () {
        yield* Effect.flip(beat)
        yield* beat
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        server.received.map(({ connection }) => connection),
        [1, 2],
      )
    }),
  )
})

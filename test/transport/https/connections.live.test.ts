import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { beat, idleReply } from "../../fakes/agentTransport.ts"
import { startTrusted } from "../../fakes/beatTo.ts"
import { type Answer, json } from "../../fakes/MisbehavingServer.ts"

const ok: Answer = (_, response) => json(response, idleReply)

describe("a connection", () => {
  it.live("is kept for the next call", () =>
    Effect.gen(function* () {
      const { server, layer } = yield* startTrusted(ok)
      yield* Effect.provide(Effect.repeat(beat, { times: 4 }), layer)
      assert.deepStrictEqual(
        server.received.map(({ connection }) => connection),
        [1, 1, 1, 1, 1],
      )
    }),
  )

  it.live("that the server closed in the meantime is followed by one that resumes the TLS session", () =>
    Effect.gen(function* () {
      const { server, layer } = yield* startTrusted(ok)
      yield* Effect.gen(function* () {
        yield* beat
        yield* server.closeIdle
        yield* Effect.sleep("50 millis")
        yield* beat
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        server.received.map(({ connection, sessionResumed }) => [connection, sessionResumed]),
        [
          [1, false],
          [2, true],
        ],
      )
    }),
  )

  it.live("that failed is followed by a new one", () =>
    Effect.gen(function* () {
      const { server, layer } = yield* startTrusted(
        (request, response, n) => (n === 1 ? response.socket?.destroy() : ok(request, response, n)),
        { times: 1 },
      )
      yield* Effect.provide(Effect.repeat(beat, { times: 1 }), layer)
      assert.deepStrictEqual(
        server.received.map(({ connection }) => connection),
        [1, 1, 2],
      )
    }),
  )
})

describe("an idle heartbeat", () => {
  it.live("takes at most 1 KB of HTTP each way", () =>
    Effect.gen(function* () {
      const { server, layer } = yield* startTrusted(ok)
      yield* Effect.gen(function* () {
        yield* beat
        const before = server.wireBytes()
        yield* beat
        const after = server.wireBytes()
        // TLS records included: 22 bytes each.
        const bytes = { sent: after.received - before.received, received: after.sent - before.sent }
        assert.isAtMost(bytes.sent, 1024)
        assert.isAtMost(bytes.received, 1024)
      }).pipe(Effect.provide(layer))
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ServerResponse } from "node:http"
import { RequestFailed } from "../../../src/transport/ControlPlane.ts"
import { idleReply } from "../../fakes/agentTransport.ts"
import { beatTo } from "../../fakes/beatTo.ts"
import { type Answer, json, problem } from "../../fakes/MisbehavingServer.ts"

const ok: Answer = (_, response) => json(response, idleReply)

/** Answers like `first` once, then well. */
const onceThenOk =
  (first: (response: ServerResponse) => void): Answer =>
  (request, response, n) =>
    n === 0 ? first(response) : ok(request, response, n)

/** The failure of a beat that must fail on the way, with what its message says. */
const failureOf = (outcome: { readonly error?: unknown }) => {
  assert.instanceOf(outcome.error, RequestFailed)
  const { code, retryable, status, retryAfterSeconds } = outcome.error
  return { code, retryable, status, retryAfterSeconds }
}

describe("an answer", () => {
  it.live("decodes", () =>
    Effect.gen(function* () {
      const outcome = yield* beatTo(ok)
      assert.strictEqual(outcome.reply?.nextBeatSeconds, 300)
    }),
  )

  it.live("with fields of a later version decodes", () =>
    Effect.gen(function* () {
      const outcome = yield* beatTo((_, response) => json(response, { ...idleReply, later: true }))
      assert.isDefined(outcome.reply)
    }),
  )

  for (const status of [500, 502, 503, 504, 408, 425]) {
    it.live(`${status} is tried again, signed anew`, () =>
      Effect.gen(function* () {
        const { received, ...outcome } = yield* beatTo(
          onceThenOk((response) => problem(response, status, "unavailable")),
          { times: 1 },
        )
        assert.isDefined(outcome.reply)
        const [first, second] = received.map(({ headers }) => headers["signature-input"])
        assert.isDefined(second)
        assert.notStrictEqual(first, second)
      }),
    )
  }

  for (const status of [400, 401, 403, 404, 413, 301, 302, 307]) {
    it.live(`${status} is final`, () =>
      Effect.gen(function* () {
        const headers = { location: "https://localhost/elsewhere" }
        const outcome = yield* beatTo((_, response) => problem(response, status, "no", { headers }), {
          times: 3,
        })
        assert.deepStrictEqual(failureOf(outcome), {
          code: "rejected",
          retryable: false,
          status,
          retryAfterSeconds: undefined,
        })
        assert.strictEqual(outcome.received.length, 1)
      }),
    )
  }

  it.live("429 is tried again after its Retry-After, not sooner", () =>
    Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      const headers = { "retry-after": "1" }
      const outcome = yield* beatTo(
        onceThenOk((response) => problem(response, 429, "too_many_requests", { headers })),
        { times: 1 },
      )
      assert.isDefined(outcome.reply)
      assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 1000)
    }),
  )

  it.live("429 reports its Retry-After, 5xx too", () =>
    Effect.gen(function* () {
      for (const [status, code] of [
        [429, "rate_limited"],
        [503, "server_error"],
      ] as const) {
        const headers = { "retry-after": "120" }
        const outcome = yield* beatTo((_, response) => problem(response, status, "slow_down", { headers }))
        assert.deepStrictEqual(failureOf(outcome), { code, retryable: true, status, retryAfterSeconds: 120 })
      }
    }),
  )

  it.live("of an error brings at most the problem's code and a clean title into the message", () =>
    Effect.gen(function* () {
      const title = `Bad\u001b[31m\nthing ${"x".repeat(500)}`
      const outcome = yield* beatTo((_, response) => problem(response, 400, "invalid_request", { title }))
      assert.instanceOf(outcome.error, RequestFailed)
      assert.match(outcome.error.detail, /^invalid_request: Bad \[31m thing x+$/)
      assert.isAtMost(outcome.error.detail.length, 200)
    }),
  )

  it.live("of an error that is no problem document leaves no trace of itself", () =>
    Effect.gen(function* () {
      const outcome = yield* beatTo((_, response) => {
        response.writeHead(502, { "content-type": "text/html" })
        response.end("<html>internal-host.corp pk_live_secret</html>")
      })
      assert.instanceOf(outcome.error, RequestFailed)
      assert.notInclude(outcome.error.message, "corp")
    }),
  )
})

describe("a broken answer", () => {
  const broken: ReadonlyArray<readonly [string, RequestFailed["code"], Answer]> = [
    [
      "with truncated JSON",
      "response_malformed",
      (_, response) => response.end('{"serverTime":"2026-11-22T12:00:00.1'),
    ],
    ["with HTML and status 200", "response_malformed", (_, response) => response.end("<html></html>")],
    ["without a body", "response_malformed", (_, response) => response.end()],
    [
      "with an impossible value",
      "response_malformed",
      (_, response) => json(response, { ...idleReply, nextBeatSeconds: -1 }),
    ],
    [
      "in a coding that was not asked for",
      "response_malformed",
      (_, response) => {
        response.setHeader("content-encoding", "br")
        json(response, idleReply)
      },
    ],
    [
      "that says gzip and is not",
      "response_malformed",
      (_, response) => {
        response.setHeader("content-encoding", "gzip")
        response.end("not gzip")
      },
    ],
    ["that is no HTTP", "response_malformed", (_, response) => response.socket?.end("SMTP ready\r\n\r\n")],
    [
      "with endless header fields",
      "response_malformed",
      (_, response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(20_000)}\r\n`),
    ],
    [
      "that never comes because the connection ends",
      "connection_lost",
      (_, response) => response.socket?.destroy(),
    ],
    [
      "whose body breaks off",
      "connection_lost",
      (_, response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write('{"serverTime"', () => response.socket?.destroy())
      },
    ],
    [
      "whose chunked body breaks off",
      "connection_lost",
      (_, response) => response.write('{"serverTime"', () => response.socket?.destroy()),
    ],
  ]

  for (const [name, code, answer] of broken) {
    it.live(`${name} is ${code}, and worth another try`, () =>
      Effect.gen(function* () {
        const failed = yield* beatTo(answer)
        const { code: found, retryable } = failureOf(failed)
        assert.deepStrictEqual({ found, retryable }, { found: code, retryable: true })
        const mended = yield* beatTo(
          (request, response, n) => (n === 0 ? answer : ok)(request, response, n),
          {
            times: 1,
          },
        )
        assert.isDefined(mended.reply)
      }),
    )
  }

  it.live("that does not come in time is timed_out", () =>
    Effect.gen(function* () {
      const outcome = yield* beatTo(() => undefined, { timeout: Duration.millis(200) })
      assert.deepInclude(failureOf(outcome), { code: "timed_out", retryable: true })
    }),
  )

  it.live("that comes by drops is timed_out all the same", () =>
    Effect.gen(function* () {
      const outcome = yield* beatTo(
        (_, response) => {
          const drip = setInterval(() => response.write(" "), 20)
          response.once("close", () => clearInterval(drip))
        },
        { timeout: Duration.millis(300) },
      )
      assert.deepInclude(failureOf(outcome), { code: "timed_out", retryable: true })
    }),
  )
})

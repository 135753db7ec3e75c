import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { request } from "node:https"
import { timeForBody } from "../../../src/control-plane/http/bodyPace.ts"
import { signatureSkewSeconds } from "../../../src/protocol/requestSignature.ts"
import { makeAgentKey } from "../../fakes/agentKey.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { enrolment, heartbeat } from "../samples.ts"
import {
  type Answer,
  beat,
  enrolAgent,
  enrolmentBytes,
  heartbeatBytes,
  outcomeOf,
  problemOf,
  signedHeaders,
  type TestAgent,
} from "../signedCalls.ts"

type PutForward = (by: Duration.Input) => Effect.Effect<void>

/** A test and its control plane on a clock that stands still until it is put forward. Who sleeps by it is not woken. */
const onStoppedClock = <A, E>(
  test: (putForward: PutForward) => Effect.Effect<A, E, TestControlPlane | Scope.Scope>,
) =>
  Effect.suspend(() => {
    const real = Clock.Clock.defaultValue()
    // A whole second, as `created` is.
    let now = Math.floor(real.currentTimeMillisUnsafe() / 1000) * 1000
    const clock: Clock.Clock = {
      ...real,
      currentTimeMillisUnsafe: () => now,
      currentTimeMillis: Effect.sync(() => now),
      currentTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
      currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
      monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
      sleep: () => Effect.never,
    }
    return test((by) => Effect.sync(() => void (now += Duration.toMillis(by)))).pipe(
      Effect.scoped,
      Effect.provide(TestControlPlane.layer()),
      Effect.provideService(Clock.Clock, clock),
    )
  })

/** Has a server read the head of a request; `finish` sends the body and brings back the answer. */
const begin = Effect.fnUntraced(function* (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
) {
  const { url, ca } = yield* TestControlPlane
  const post = yield* Effect.acquireRelease(
    Effect.sync(() =>
      request(`${url}${path}`, {
        ca,
        method: "POST",
        agent: false,
        headers: { ...headers, "content-length": body.length, expect: "100-continue" },
      }),
    ),
    (open) => Effect.sync(() => open.destroy()),
  )
  yield* Effect.callback<void>((resume) => {
    post.on("continue", () => resume(Effect.void))
    post.flushHeaders()
  })
  const finish = Effect.callback<Answer>((resume) => {
    post.on("response", (response) => {
      let text = ""
      response.on("data", (piece: Buffer) => (text += piece.toString()))
      response.on("end", () =>
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            contentType: response.headers["content-type"],
            body: text,
          }),
        ),
      )
    })
    post.end(body)
  })
  return { finish, outcome: Effect.flatMap(finish, outcomeOf) }
})

/** White space is JSON as well. */
const padded = (bytes: Uint8Array, length: number) =>
  Buffer.concat([bytes, Buffer.alloc(length, " ")], length)

const beats = "/v1/heartbeats"

/** A signed beat of so many bytes that can be sent several times. */
const signedBeat = Effect.fnUntraced(function* (agent: TestAgent, length: number) {
  const body = padded(yield* heartbeatBytes(heartbeat(agent.exchangeToken)), length)
  const headers = yield* signedHeaders(beats, agent.agentId, agent.key, body)
  return { start: begin(beats, headers, body) }
})

const heartbeatsOf = Effect.fnUntraced(function* ({ agentId }: TestAgent) {
  const { operator } = yield* TestControlPlane
  return (yield* operator.server({ params: { agentId } })).heartbeats
})

const skew = Duration.seconds(signatureSkewSeconds)

describe("a request whose body comes slowly", () => {
  it.live("passes when its head came in time", () =>
    onStoppedClock((putForward) =>
      Effect.gen(function* () {
        const { start } = yield* signedBeat(yield* enrolAgent(), 624_000)
        const { outcome } = yield* start
        yield* putForward("1300 seconds")
        assert.strictEqual(yield* outcome, "200")
      }),
    ),
  )

  it.live("is refused when its head came too late", () =>
    onStoppedClock((putForward) =>
      Effect.gen(function* () {
        const { start } = yield* signedBeat(yield* enrolAgent(), 624_000)
        yield* putForward(skew)
        const inTime = yield* start
        yield* putForward("1 milli")
        const answer = yield* (yield* start).finish
        assert.strictEqual(yield* outcomeOf(answer), "401 bad_request_signature")
        assert.include((yield* problemOf(answer)).detail, "more than 300 s before or after it came")
        assert.strictEqual(yield* inTime.outcome, "200")
      }),
    ),
  )

  it.live("is refused when no body of its size may take so long", () =>
    onStoppedClock((putForward) =>
      Effect.gen(function* () {
        const length = 2000
        for (const [late, expected] of [
          ["0 millis", "200"],
          ["1 milli", "401 bad_request_signature"],
        ] as const) {
          const { start } = yield* signedBeat(yield* enrolAgent(), length)
          yield* putForward(skew)
          const { outcome } = yield* start
          yield* putForward(timeForBody(length))
          yield* putForward(late)
          assert.strictEqual(yield* outcome, expected)
        }
      }),
    ),
  )

  it.live("passes once, when two copies are on their way at a time", () =>
    onStoppedClock((putForward) =>
      Effect.gen(function* () {
        const agent = yield* enrolAgent()
        const { start } = yield* signedBeat(agent, 100_000)
        const copies = [yield* start, yield* start]
        yield* putForward("400 seconds")
        const outcomes = yield* Effect.forEach(copies, ({ outcome }) => outcome, { concurrency: 2 })
        assert.deepStrictEqual(outcomes.toSorted(), ["200", "401 bad_request_signature"])
        assert.strictEqual(yield* heartbeatsOf(agent), 1)
      }),
    ),
  )

  it.live("passes once, when a copy of it is begun as late and takes as long as it may", () =>
    onStoppedClock((putForward) =>
      Effect.gen(function* () {
        const agent = yield* enrolAgent()
        const length = 100_000
        const { start } = yield* signedBeat(agent, length)
        assert.strictEqual(yield* (yield* start).outcome, "200")
        yield* putForward(skew)
        const copy = yield* start
        yield* putForward(timeForBody(length))
        // Whoever claims a nonce has those that are too old forgotten.
        yield* beat(yield* enrolAgent(2))
        assert.strictEqual(yield* copy.outcome, "401 bad_request_signature")
        assert.strictEqual(yield* heartbeatsOf(agent), 1)
      }),
    ),
  )

  it.live("passes at enrolment as well", () =>
    onStoppedClock((putForward) =>
      Effect.gen(function* () {
        const { licenseKey } = yield* TestControlPlane
        const key = makeAgentKey()
        const body = padded(yield* enrolmentBytes(enrolment(key.publicKey)), 60_000)
        const headers = yield* signedHeaders("/v1/agents", key.publicKey.kid, key, body, {
          headers: { authorization: `Bearer ${Redacted.value(licenseKey)}` },
        })
        yield* putForward(skew)
        const { outcome } = yield* begin("/v1/agents", headers, body)
        yield* putForward("170 seconds")
        assert.strictEqual(yield* outcome, "200")
      }),
    ),
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { controlPlaneRetry, retryAfterWithinRound } from "../../../src/schedules.ts"
import {
  AgentRefused,
  LicenseKeyRefused,
  RequestFailed,
  TlsRefused,
} from "../../../src/transport/ControlPlane.ts"
import type { ControlPlaneError } from "../../../src/transport/ControlPlane.ts"
import * as Duration from "effect/Duration"

const serverError = (retryAfterSeconds?: number) =>
  new RequestFailed({
    code: "server_error",
    retryable: true,
    detail: "down",
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })

/** When the tries of a call that always fails are made, in milliseconds from the first. */
const triesOf = (error: ControlPlaneError) =>
  Effect.gen(function* () {
    const tries: Array<number> = []
    const call = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      tries.push(now)
      return Effect.fail(error)
    })
    const fiber = yield* Effect.forkChild(Effect.flip(Effect.retry(call, controlPlaneRetry)))
    yield* TestClock.adjust("10 minutes")
    yield* Fiber.join(fiber)
    const [first = 0] = tries
    return tries.map((at) => at - first)
  })

describe("the retries of one call", () => {
  it.effect("are four at most, each within its exponential step", () =>
    Effect.gen(function* () {
      const tries = yield* triesOf(serverError())
      assert.strictEqual(tries.length, 5)
      for (const [index, step] of [1000, 2000, 4000, 8000].entries()) {
        const delay = (tries[index + 1] ?? Infinity) - (tries[index] ?? 0)
        assert.isAtMost(delay, step)
      }
    }),
  )

  it.effect("spread over the fleet: no two agents wait alike", () =>
    Effect.gen(function* () {
      const first = yield* triesOf(serverError())
      const second = yield* triesOf(serverError())
      assert.notDeepEqual(first, second)
    }),
  )

  it.effect("are never sooner than the server asks", () =>
    Effect.gen(function* () {
      const tries = yield* triesOf(serverError(4))
      assert.isAbove(tries.length, 1)
      for (const [index, at] of tries.entries()) assert.isAtLeast(at, index * 4_000)
    }),
  )

  it.effect("end where the server asks for more patience than a round has", () =>
    Effect.gen(function* () {
      const longer = Duration.toSeconds(retryAfterWithinRound) + 1
      assert.deepStrictEqual(yield* triesOf(serverError(longer)), [0])
    }),
  )

  it.effect("are not made where they cannot help", () =>
    Effect.gen(function* () {
      for (const error of [
        new LicenseKeyRefused(),
        new AgentRefused({ code: "unknown_agent" }),
        new TlsRefused({ code: "wrong_name", host: "api.test" }),
        new RequestFailed({ code: "rejected", retryable: false, status: 400, detail: "no" }),
      ]) {
        assert.deepStrictEqual(yield* triesOf(error), [0])
      }
    }),
  )
})

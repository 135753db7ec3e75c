import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { IndexState } from "../../../src/domain/Scan.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { makeRefresh } from "../../../src/package-manager/apt/aptRefresh.ts"
import { fakeSubprocess, type Answer, type Responder } from "../../fakes/FakeSubprocess.ts"

const repository = "http://a.example/debian lab"
const downloaded = "Get:1 http://a.example/debian lab InRelease [1618 B]\n"

const host = (
  answers: ReadonlyArray<Answer>,
  options: { readonly isRoot?: boolean; readonly ages?: ReadonlyArray<number | undefined> } = {},
) => {
  const { isRoot = true, ages = [100] } = options
  let next = 0
  const update: Responder = () => answers[Math.min(next++, answers.length - 1)]
  const subprocess = fakeSubprocess(update)
  const states = ages.map((ageSeconds): IndexState => ({
    manager: "apt",
    repository,
    ...(ageSeconds === undefined ? {} : { ageSeconds }),
  }))
  const refresh = makeRefresh({ subprocess: subprocess.service, isRoot, indexes: Effect.succeed({ states }) })
  return { refresh, calls: subprocess.calls }
}

const locked = {
  exitCode: 100,
  stderr:
    "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 26 (apt-get)\nE: Unable to lock directory /var/lib/apt/lists/\n",
}

describe("makeRefresh", () => {
  it.effect("downloads only when the policy asks for it", () =>
    Effect.gen(function* () {
      const cases = [
        ["never", [100], 0],
        [{ if_older_than_seconds: 60 }, [59, 100], 1],
        [{ if_older_than_seconds: 600 }, [59, 100], 0],
        [{ if_older_than_seconds: 600 }, [59, undefined], 1],
        ["always", [1], 1],
      ] as const
      for (const [policy, ages, runs] of cases) {
        const { refresh, calls } = host([downloaded], { ages })
        const { refreshed } = yield* refresh(policy)
        assert.deepStrictEqual([calls.length, refreshed], [runs, runs === 1])
      }
    }),
  )

  it.effect("makes apt tell when a server could not be reached", () =>
    Effect.gen(function* () {
      const { refresh, calls } = host([downloaded])
      yield* refresh("always")
      assert.include(calls[0]?.args ?? [], "APT::Update::Error-Mode=any")
    }),
  )

  it.effect("needs root to download, not to find that nothing is due", () =>
    Effect.gen(function* () {
      const { refresh, calls } = host([downloaded], { isRoot: false })
      assert.strictEqual((yield* Effect.flip(refresh("always"))).reason, "needs_root")
      assert.isFalse((yield* refresh({ if_older_than_seconds: 600 })).refreshed)
      assert.strictEqual(calls.length, 0)
    }),
  )

  it.effect("is no success when a repository failed, or was not even asked", () =>
    Effect.gen(function* () {
      const stderr = "E: Failed to fetch http://a.example/debian/dists/lab/InRelease  Hash Sum mismatch\n"
      const failed = yield* host([{ exitCode: 100, stdout: downloaded, stderr }]).refresh("always")
      assert.isFalse(failed.refreshed)
      assert.strictEqual(failed.repositories[0]?.outcome, "failed")
      assert.deepStrictEqual(
        failed.reasons.map(({ code }) => code),
        ["repository_failed"],
      )
      const silent = yield* host(["Reading package lists...\n"]).refresh("always")
      assert.deepStrictEqual([silent.refreshed, silent.repositories[0]?.outcome], [false, "not_tried"])
    }),
  )

  it.effect("gives the words of an error that names no repository", () =>
    Effect.gen(function* () {
      const stderr = "E: Malformed entry 1 in list file /etc/apt/sources.list.d/x.list (Suite)\n"
      const { reasons } = yield* host([{ exitCode: 100, stdout: downloaded, stderr }]).refresh("always")
      assert.deepStrictEqual(
        reasons.map(({ detail }) => detail),
        ["Malformed entry 1 in list file /etc/apt/sources.list.d/x.list (Suite)"],
      )
    }),
  )

  it.effect("says that nothing is configured instead of refreshing nothing", () =>
    Effect.gen(function* () {
      const { refreshed, reasons } = yield* host([downloaded], { ages: [] }).refresh("always")
      assert.deepStrictEqual([refreshed, reasons[0]?.code], [false, "index_missing"])
    }),
  )

  it.effect("waits for the lists lock, for which apt does not wait", () =>
    Effect.gen(function* () {
      const { refresh, calls } = host([locked, locked, downloaded])
      const fiber = yield* Effect.forkChild(refresh("always"))
      yield* TestClock.adjust("10 seconds")
      assert.isTrue((yield* Fiber.join(fiber)).refreshed)
      assert.strictEqual(calls.length, 3)
    }),
  )

  it.effect("names the holder when the lock is not released in time", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(host([locked]).refresh("always")))
      yield* TestClock.adjust("4 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason, "locked")
      assert.deepStrictEqual(error.holder, { lock: "/var/lib/apt/lists/lock", pid: 26, program: "apt-get" })
    }),
  )

  it.effect("tells a download that takes too long from apt not being there", () =>
    Effect.gen(function* () {
      const late = new SubprocessError({ program: "apt-get", reason: "timed_out" })
      assert.strictEqual((yield* Effect.flip(host([late]).refresh("always"))).reason, "timed_out")
      const gone = new SubprocessError({ program: "apt-get", reason: "not_found" })
      assert.strictEqual((yield* Effect.flip(host([gone]).refresh("always"))).reason, "not_available")
    }),
  )
})

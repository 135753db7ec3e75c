import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Environment } from "../../src/config/Environment.ts"
import { ServiceManager } from "../../src/host/ServiceManager.ts"
import { SubprocessError } from "../../src/host/Subprocess.ts"
import * as SystemdNotify from "../../src/host/SystemdNotify.ts"
import { fakeSubprocess, type Responder, when } from "../fakes/FakeSubprocess.ts"

const socket = { NOTIFY_SOCKET: "/run/systemd/notify" }
const watched = { ...socket, WATCHDOG_USEC: "900000000" }

/** What systemd-notify is called with over a start and one beat. */
const words = Effect.fnUntraced(function* (variables: Record<string, string>, responder: Responder) {
  const subprocess = fakeSubprocess(responder)
  yield* Effect.gen(function* () {
    const { ready, alive } = yield* ServiceManager
    yield* ready
    yield* alive(Duration.seconds(300.0004))
  }).pipe(
    Effect.provide(
      SystemdNotify.layer.pipe(
        Layer.provide([subprocess.layer, Layer.succeed(Environment, { variables, userId: 990 })]),
      ),
    ),
  )
  return subprocess.calls
})

describe("SystemdNotify", () => {
  it.effect("says that the service has started, and how long the watchdog is to wait", () =>
    Effect.gen(function* () {
      const calls = yield* words(watched, when("systemd-notify", ""))
      assert.deepStrictEqual(
        calls.map(({ args, env }) => [args, env]),
        [
          [["READY=1"], socket],
          [["WATCHDOG=1", "WATCHDOG_USEC=300001000"], socket],
        ],
      )
    }),
  )

  it.effect("says nothing to nobody, and nothing of a watchdog that is off", () =>
    Effect.gen(function* () {
      assert.lengthOf(yield* words({}, when("systemd-notify", "")), 0)
      assert.lengthOf(yield* words(socket, when("systemd-notify", "")), 1)
    }),
  )

  it.effect("does not fail when systemd is not to be told", () =>
    Effect.gen(function* () {
      const missing = new SubprocessError({ program: "systemd-notify", reason: "not_found" })
      assert.lengthOf(yield* words(watched, when("systemd-notify", missing)), 2)
      assert.lengthOf(yield* words(watched, when("systemd-notify", { exitCode: 1, stderr: "no" })), 2)
    }),
  )
})

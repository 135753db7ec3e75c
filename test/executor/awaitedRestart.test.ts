import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import type { CommandResult } from "../../src/domain/Command.ts"
import type { RebootState } from "../../src/domain/Host.ts"
import { Host } from "../../src/host/Host.ts"
import { claims, commandId } from "../fakes/CommandSigning.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import { deadExecutor, leftBehind, setUp, somePlan, world } from "./executorWorld.ts"

const health = { name: "health_check", parameters: {} }

describe("a command that asked for a restart", () => {
  const before = "00000000-0000-4000-8000-00000000000a"

  /** A host that booted since, unless told otherwise. */
  const hostWith = (changes: { readonly bootId?: string; readonly reboot?: RebootState } = {}) =>
    Layer.effect(
      Host,
      Effect.gen(function* () {
        const host = yield* Host
        return Host.of({
          ...host,
          bootId: Effect.succeed(changes.bootId ?? "00000000-0000-4000-8000-00000000000b"),
          reboot: () => Effect.succeed(changes.reboot ?? { required: "no", reasons: [] }),
        })
      }),
    ).pipe(Layer.provide(FakeHost.layer))

  const restartingBy = Effect.fnUntraced(function* (executor?: string) {
    const entry = yield* leftBehind({ id: commandId(1), ...(executor !== undefined && { executor }) })
    const plan = yield* somePlan
    yield* entry.planned(plan)
    const epoch = DateTime.makeUnsafe(0)
    const result: CommandResult = {
      commandId: commandId(1),
      command: "install_updates",
      status: "succeeded",
      startedAt: epoch,
      finishedAt: epoch,
      output: {
        command: "install_updates",
        report: {
          dryRun: false,
          plan,
          preflight: [],
          outcomes: [],
          newConfigurationFiles: [],
          evidence: [],
          restart: { requestedAt: epoch, bootIdBefore: before, kernelBefore: "6.1.0-27-amd64" },
        },
      },
    }
    yield* entry.rebooting({ bootId: before, result })
  })
  const restarting = restartingBy()

  const restartOf = (result: CommandResult) =>
    result.output?.command === "install_updates" ? result.output.report.restart : undefined

  it.effect("has its result once the host runs another boot", () =>
    Effect.gen(function* () {
      yield* restarting
      const { execute } = yield* setUp
      const result = yield* execute(claims(1, health))
      assert.strictEqual(result.status, "succeeded")
      const restart = restartOf(result)
      assert.strictEqual(restart?.bootIdBefore, before)
      assert.strictEqual(restart?.bootIdAfter, "00000000-0000-4000-8000-00000000000b")
      assert.strictEqual(restart?.kernelAfter, "6.1.0-28-amd64")
    }).pipe(Effect.provide(world({ host: hostWith() }))),
  )

  it.effect("is partial when the host came back with the old kernel", () =>
    Effect.gen(function* () {
      yield* restarting
      const { execute } = yield* setUp
      const result = yield* execute(claims(1, health))
      assert.strictEqual(result.status, "partial")
      assert.strictEqual(result.problem?.code, "reboot_still_required")
      assert.match(result.problem?.detail ?? "", /6\.1\.0-28 is running/)
    }).pipe(
      Effect.provide(
        world({
          host: hostWith({
            reboot: {
              required: "yes",
              reasons: [
                { code: "newer_kernel_installed", detail: "6.1.0-28 is running, 6.1.0-29 is installed" },
              ],
            },
          }),
        }),
      ),
    ),
  )

  it.effect("is waited for half an hour, and then the restart did not happen", () =>
    Effect.gen(function* () {
      yield* restarting
      const { execute } = yield* setUp
      yield* TestClock.adjust("29 minutes")
      const error = yield* Effect.flip(execute(claims(1, health)))
      assert.strictEqual(error._tag === "StillRunning" && error.what, "restart")
      yield* TestClock.adjust("2 minutes")
      const result = yield* execute(claims(1, health))
      assert.strictEqual(result.status, "partial")
      assert.strictEqual(result.problem?.code, "reboot_did_not_happen")
      assert.isUndefined(restartOf(result)?.bootIdAfter)
    }).pipe(Effect.provide(world({ host: hostWith({ bootId: before }) }))),
  )

  it.effect("is waited for when the clock was set back a little meanwhile, not when by a day", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(3_600_000)
      yield* restarting
      const { execute } = yield* setUp
      yield* TestClock.setTime(3_600_000 - 2000)
      const error = yield* Effect.flip(execute(claims(1, health)))
      assert.strictEqual(error._tag === "StillRunning" && error.what, "restart")
      yield* TestClock.setTime(0)
      assert.strictEqual((yield* execute(claims(1, health))).problem?.code, "reboot_did_not_happen")
    }).pipe(Effect.provide(world({ host: hostWith({ bootId: before }) }))),
  )

  it.effect("is waited for when the clock jumps a day either way, as long as its executor is young", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(2 * 86_400_000)
      yield* restartingBy(yield* deadExecutor(0))
      const { execute } = yield* setUp
      for (const later of [3 * 86_400_000, 86_400_000]) {
        yield* TestClock.setTime(later)
        const error = yield* Effect.flip(execute(claims(1, health)))
        assert.strictEqual(error._tag === "StillRunning" && error.what, "restart")
      }
    }).pipe(Effect.provide(world({ host: hostWith({ bootId: before }) }))),
  )

  it.effect("has its result in a container, too, which shows the boot id of the machine around it", () =>
    Effect.gen(function* () {
      const self = yield* deadExecutor(0)
      // Started before the first process that there is now.
      yield* restartingBy(`${self.split(":")[0]}:999999999:-1`)
      const { execute } = yield* setUp
      const result = yield* execute(claims(1, health))
      assert.strictEqual(result.status, "succeeded")
      assert.strictEqual(restartOf(result)?.bootIdAfter, before)
    }).pipe(Effect.provide(world({ host: hostWith({ bootId: before }) }))),
  )
})

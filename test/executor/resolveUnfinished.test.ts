import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import type { CommandResult } from "../../src/domain/Command.ts"
import type { RebootState } from "../../src/domain/Host.ts"
import { Host } from "../../src/host/Host.ts"
import type { ManagerHealth } from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { installerLock } from "../../src/executor/InstallerMessages.ts"
import { lockFile } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { claims, commandId } from "../fakes/CommandSigning.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { applied, leftBehind, setUp, statusOf, world } from "./executorWorld.ts"

const health = { name: "health_check", parameters: {} }

/** What the fake manager would install: openssl 3.0.2-1. */
const somePlan = Effect.gen(function* () {
  const { detect } = yield* PackageManagers
  const [first] = yield* detect
  if (first === undefined) return yield* Effect.die("there is a manager")
  return (yield* first.manager.plan({ selection: { kind: "all" } })).plan
})

const planned = Effect.gen(function* () {
  const entry = yield* leftBehind({ id: commandId(1) })
  yield* entry.planned(yield* somePlan)
})

/** The fake manager, whose locks are as told. */
const withLocks = (locks: ManagerHealth["locks"]) =>
  Effect.gen(function* () {
    const managers = yield* PackageManagers
    return PackageManagers.of({
      ...managers,
      detect: Effect.map(managers.detect, (detected) =>
        detected.map(({ state, manager }) => ({
          state,
          manager: { ...manager, health: Effect.succeed({ faults: [], indexes: [], locks }) },
        })),
      ),
    })
  })

const resultOf = (number: number) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    return yield* Effect.fromOption(yield* ledger.resultOf(commandId(number)))
  })

const outcomesOf = (result: CommandResult) =>
  result.output?.command === "install_updates"
    ? result.output.report.outcomes.map(({ name, outcome, found }) => `${name} ${outcome} ${found ?? ""}`)
    : undefined

describe("an installation that lost its executor", () => {
  it.effect("is interrupted, and says from the database what became of each planned package", () =>
    Effect.gen(function* () {
      yield* planned
      const memory = yield* FakeManagers.FakeManager
      const { execute } = yield* setUp
      yield* Ref.update(memory, (known) => ({
        ...known,
        packages: [FakeManagers.installed("openssl", "3.0.2-1")],
      }))
      yield* execute(claims(2, health))
      const result = yield* resultOf(1)
      assert.strictEqual(result.status, "interrupted")
      assert.match(result.problem?.detail ?? "", /1 of 1 planned changes are done/)
      assert.deepStrictEqual(outcomesOf(result), ["openssl installed 3.0.2-1"])
    }).pipe(Effect.provide(world())),
  )

  it.effect("says so of packages that are as they were, and that nothing had begun without a plan", () =>
    Effect.gen(function* () {
      yield* planned
      const { execute } = yield* setUp
      yield* execute(claims(2, health))
      assert.deepStrictEqual(outcomesOf(yield* resultOf(1)), ["openssl unchanged 3.0.1-1"])
      yield* leftBehind({ id: commandId(3), seq: 3 })
      yield* execute(claims(4, health))
      const unplanned = yield* resultOf(3)
      assert.match(unplanned.problem?.detail ?? "", /nothing had been installed yet/)
      assert.isUndefined(unplanned.output)
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world())),
  )

  it.effect("is waited for while its package manager is at work, and so is everything else", () =>
    Effect.gen(function* () {
      yield* planned
      const busy = yield* withLocks([{ lock: "/var/lib/dpkg/lock", program: "dpkg", heldSeconds: 60 }])
      const waiting = yield* Effect.provideService(setUp, PackageManagers, busy)
      yield* TestClock.adjust("1 minute")
      for (const number of [1, 2]) {
        const error = yield* Effect.flip(waiting.execute(claims(number, health)))
        assert.strictEqual(error._tag === "StillRunning" && error.what, "transaction")
      }
      assert.isUndefined(yield* statusOf(commandId(1)))
      // Not for ever: whatever holds the lock is named when something is to be installed.
      yield* TestClock.adjust("6 hours")
      assert.strictEqual((yield* waiting.execute(claims(2, health, { exp: 40_000 }))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
    }).pipe(Effect.provide(world())),
  )

  it.effect("is waited for while its installer goes from one transaction to the next", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      yield* Effect.gen(function* () {
        yield* planned
        const { execute } = yield* setUp
        const error = yield* Effect.flip(
          Effect.scoped(Effect.andThen(lockFile(installerLock(directory)), execute(claims(1, health)))),
        )
        assert.strictEqual(error._tag === "StillRunning" && error.what, "transaction")
        assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
        assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
      }).pipe(Effect.provide(world({ directory })))
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("is not waited for because of a lock that is older than the command", () =>
    Effect.gen(function* () {
      yield* planned
      const other = yield* withLocks([{ lock: "/var/lib/dpkg/lock", program: "apt", heldSeconds: 7200 }])
      const { execute } = yield* Effect.provideService(setUp, PackageManagers, other)
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
    }).pipe(Effect.provide(world())),
  )

  it.effect(
    "is waited for when the clock was set back, which makes every lock look older than the command",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(86_400_000)
        yield* planned
        const busy = yield* withLocks([{ lock: "/var/lib/dpkg/lock", program: "dpkg", heldSeconds: 60 }])
        const { execute } = yield* Effect.provideService(setUp, PackageManagers, busy)
        yield* TestClock.setTime(60_000)
        const error = yield* Effect.flip(execute(claims(2, health)))
        assert.strictEqual(error._tag === "StillRunning" && error.what, "transaction")
        assert.isUndefined(yield* statusOf(commandId(1)))
      }).pipe(Effect.provide(world())),
  )

  it.effect("does not keep a known result from being given again", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      yield* execute(claims(1, health))
      const entry = yield* leftBehind({ id: commandId(2), seq: 2 })
      yield* entry.planned(yield* somePlan)
      assert.strictEqual((yield* execute(claims(1, health))).status, "succeeded")
      assert.isUndefined(yield* statusOf(commandId(2)))
    }).pipe(Effect.provide(world())),
  )
})

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

  const restarting = Effect.gen(function* () {
    const entry = yield* leftBehind({ id: commandId(1) })
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
})

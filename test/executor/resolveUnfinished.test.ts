import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import type { CommandResult } from "../../src/domain/Command.ts"
import type { ManagerHealth } from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { processIdentity } from "../../src/host/processIdentity.ts"
import { installerLock } from "../../src/executor/InstallerMessages.ts"
import { PlanApplier } from "../../src/executor/PlanApplier.ts"
import { lockFile } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { claims, commandId } from "../fakes/CommandSigning.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { applied, deadExecutor, leftBehind, setUp, somePlan, statusOf, world } from "./executorWorld.ts"

const health = { name: "health_check", parameters: {} }

/** The first command, which was about to install: its executor was started so many seconds before this process. */
const plannedBy = Effect.fnUntraced(function* (seconds: number) {
  const entry = yield* leftBehind({ id: commandId(1), executor: yield* deadExecutor(seconds) })
  yield* entry.planned(yield* somePlan)
})
const planned = plannedBy(60)

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

const outcomesOf = (result: CommandResult) =>
  result.output?.command === "install_updates"
    ? result.output.report.outcomes.map(({ name, outcome, found }) => `${name} ${outcome} ${found ?? ""}`)
    : undefined

const resultOf = (number: number) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    return yield* Effect.fromOption(yield* ledger.resultOf(commandId(number)))
  })

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

  /** Held by this very process, whose age is known. */
  const held = { lock: "/var/lib/dpkg/lock", program: "dpkg", pid: process.pid }

  it.effect("is waited for while its executor lives, whatever else is asked", () =>
    Effect.gen(function* () {
      const living = yield* processIdentity(process.ppid).pipe(
        Effect.flatMap(Effect.fromOption),
        Effect.provide(NodeFileSystem.layer),
      )
      yield* leftBehind({ id: commandId(1), executor: living })
      const { execute } = yield* setUp
      for (const number of [1, 2]) {
        const error = yield* Effect.flip(execute(claims(number, health)))
        assert.strictEqual(error._tag === "StillRunning" && error.what, "executor")
      }
      assert.deepStrictEqual(
        [yield* statusOf(commandId(1)), yield* statusOf(commandId(2))],
        [undefined, undefined],
      )
    }).pipe(Effect.provide(world())),
  )

  it.effect.each([
    ["is at work", held],
    ["is at work and cannot be told from others", { lock: held.lock }],
  ] as const)("is waited for while its package manager %s, and so is everything else", ([, lock]) =>
    Effect.gen(function* () {
      yield* planned
      const waiting = yield* Effect.provideService(setUp, PackageManagers, yield* withLocks([lock]))
      for (const number of [1, 2]) {
        const error = yield* Effect.flip(waiting.execute(claims(number, health)))
        assert.strictEqual(error._tag === "StillRunning" && error.what, "transaction")
      }
      assert.isUndefined(yield* statusOf(commandId(1)))
      const free = yield* setUp
      assert.strictEqual((yield* free.execute(claims(2, health))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
    }).pipe(Effect.provide(world())),
  )

  it.effect.each([
    ["is not waited for because of a lock whose holder is older than the command's executor", -1],
    [
      "is waited for six hours: whoever holds the lock then is named when something is to be installed",
      21_601,
    ],
  ] as const)("%s", ([, seconds]) =>
    Effect.gen(function* () {
      yield* plannedBy(seconds)
      const { execute } = yield* Effect.provideService(setUp, PackageManagers, yield* withLocks([held]))
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
    }).pipe(Effect.provide(world())),
  )

  it.effect("is not waited for when it had not come to installing", () =>
    Effect.gen(function* () {
      yield* leftBehind({ id: commandId(1), executor: yield* deadExecutor(60) })
      const { execute } = yield* Effect.provideService(setUp, PackageManagers, yield* withLocks([held]))
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
    }).pipe(Effect.provide(world())),
  )

  it.effect("is waited for while this very executor carries it out, and interrupted when it gave it up", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const apply = () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)
      const { execute } = yield* Effect.provideService(setUp, PlanApplier, { apply })
      const install = { name: "install_updates", parameters: { selection: { kind: "all" } } }
      const installing = yield* Effect.forkChild(execute(claims(1, install)))
      yield* Deferred.await(begun)
      const error = yield* Effect.flip(execute(claims(2, health)))
      assert.strictEqual(error._tag === "StillRunning" && error.what, "executor")
      yield* Fiber.interrupt(installing)
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
    }).pipe(Effect.provide(world())),
  )

  it.effect("is not waited for after another boot, whatever is at work then", () =>
    Effect.gen(function* () {
      const entry = yield* leftBehind({ id: commandId(1) })
      yield* entry.planned(yield* somePlan)
      const { execute } = yield* Effect.provideService(setUp, PackageManagers, yield* withLocks([held]))
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
    }).pipe(Effect.provide(world())),
  )

  it.effect.each([
    ["a day ahead", 8 * 86_400_000],
    ["a day back", 6 * 86_400_000],
  ] as const)("is waited for though the clock is %s meanwhile", ([, later]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(7 * 86_400_000)
      yield* plannedBy(3600)
      const busy = yield* withLocks([{ ...held, heldSeconds: 86_400 }])
      const { execute } = yield* Effect.provideService(setUp, PackageManagers, busy)
      yield* TestClock.setTime(later)
      const error = yield* Effect.flip(execute(claims(2, health, { exp: 9 * 86_400 })))
      assert.strictEqual(error._tag === "StillRunning" && error.what, "transaction")
      assert.isUndefined(yield* statusOf(commandId(1)))
    }).pipe(Effect.provide(world())),
  )

  it.effect("does not count what its package manager cannot be asked about as not done", () =>
    Effect.gen(function* () {
      yield* planned
      const memory = yield* FakeManagers.FakeManager
      const { execute } = yield* setUp
      yield* Ref.update(memory, (known) => ({ ...known, failing: new Set(["inventory"] as const) }))
      yield* execute(claims(2, health))
      const { problem } = yield* resultOf(1)
      assert.match(
        problem?.detail ?? "",
        /0 of 1 planned changes are done, and of 1 the package manager could/,
      )
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

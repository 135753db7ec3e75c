import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import * as TestClock from "effect/testing/TestClock"
import { apply } from "../../src/cli/apply.ts"
import type { ManagerState } from "../../src/domain/Scan.ts"
import {
  InstallerEvent,
  installerLock,
  InstallerRequest,
  planLimitBytes,
} from "../../src/executor/InstallerMessages.ts"
import { processIdentity } from "../../src/host/processIdentity.ts"
import { OutputDirectory } from "../../src/host/runToFiles.ts"
import type { ApplyOptions } from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { executorRequestTimeout } from "../../src/schedules.ts"
import { isLocked, lockFile } from "../../src/store/Database.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { runVerb } from "./runVerb.ts"

const encodeRequest = Schema.encodeSync(Schema.fromJsonString(InstallerRequest))
const decodeEvent = Schema.decodeUnknownSync(Schema.fromJsonString(InstallerEvent))

const nobody = "boot:999999999:1"

const stdin = (text: string) => Stream.make(new TextEncoder().encode(text))

/** An installer with a directory of its own and the fake apt, which tells one step, and is seen to be locked or not. */
const makeInstaller = Effect.fnUntraced(function* (state: Partial<ManagerState> = {}) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped()
  const fake = yield* PackageManagers
  const [found] = yield* fake.detect
  if (found === undefined) return assert.fail("no manager")
  const applied: Array<{ readonly options: Omit<ApplyOptions, "report">; readonly locked: boolean }> = []
  const managers = PackageManagers.of({
    ...fake,
    detect: Effect.succeed([
      {
        state: { ...found.state, ...state },
        manager: {
          ...found.manager,
          apply: Effect.fnUntraced(function* (plan, options) {
            const { report, ...rest } = options
            applied.push({ options: rest, locked: yield* Effect.orDie(isLocked(installerLock(directory))) })
            yield* report({ step: "unpack", package: "openssl" })
            return yield* found.manager.apply(plan, options)
          }),
        },
      },
    ]),
  })
  const verb = apply.pipe(
    Command.provide(
      Layer.merge(Layer.succeed(PackageManagers, managers), Layer.succeed(OutputDirectory, directory)),
    ),
  )
  const run = (input: Stream.Stream<Uint8Array>) => runVerb(verb, ["apply"], input)
  const { plan } = yield* found.manager.plan({ selection: { kind: "all" } })
  const self = yield* Effect.fromOption(yield* processIdentity(process.pid))
  const line = (executor = self) =>
    `${encodeRequest({ executor, manager: "apt", plan, options: { repair: true, missing: [] } })}\n`
  const ask = Effect.fnUntraced(function* (executor?: string) {
    const { stdout, exitCode } = yield* run(stdin(line(executor)))
    assert.strictEqual(exitCode, 0)
    return stdout.split("\n").map((told) => decodeEvent(told))
  })
  return { applied, ask, directory, line, run }
})

/** Why nothing was installed. */
const failureOf = ([event, ...more]: ReadonlyArray<InstallerEvent>) =>
  event?.kind === "failed" && more.length === 0 ? event.error.message : assert.fail("not one failure")

const world = Layer.merge(FakeManagers.layer, NodeFileSystem.layer)

describe("patchctl-agent apply", () => {
  it.effect("installs what is downloaded, tells progress and the report, and holds the lock meanwhile", () =>
    Effect.gen(function* () {
      const { applied, ask, directory } = yield* makeInstaller()
      const [progress, last, ...more] = yield* ask()
      assert.deepStrictEqual(progress, { kind: "progress", step: "unpack", package: "openssl" })
      assert.deepStrictEqual(
        last?.kind === "applied" ? last.report.outcomes.map(({ outcome }) => outcome) : [],
        ["installed"],
      )
      assert.deepStrictEqual(more, [])
      assert.deepStrictEqual(applied, [
        { options: { repair: true, missing: [], offline: true }, locked: true },
      ])
      assert.isFalse(yield* isLocked(installerLock(directory)))
    }).pipe(Effect.scoped, Effect.provide(world)),
  )

  it.effect("installs nothing beside another installer, which it looks for before anything else", () =>
    Effect.gen(function* () {
      const { applied, ask, directory } = yield* makeInstaller()
      for (const executor of [undefined, nobody]) {
        const events = yield* Effect.scoped(Effect.andThen(lockFile(installerLock(directory)), ask(executor)))
        assert.match(failureOf(events), /another installer is at work/)
      }
      assert.deepStrictEqual(applied, [])
    }).pipe(Effect.scoped, Effect.provide(world)),
  )

  it.effect("installs nothing where it cannot lock, as for somebody who is not root", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { applied, ask, directory } = yield* makeInstaller()
      yield* files.remove(directory, { recursive: true })
      assert.match(failureOf(yield* ask()), /the file or its directory is not writable/)
      assert.deepStrictEqual(applied, [])
    }).pipe(Effect.scoped, Effect.provide(world)),
  )

  it.effect("installs nothing for an executor that has ended: its command has a result", () =>
    Effect.gen(function* () {
      const { applied, ask } = yield* makeInstaller()
      assert.match(failureOf(yield* ask(nobody)), /the executor that asked for this has ended/)
      assert.deepStrictEqual(applied, [])
    }).pipe(Effect.scoped, Effect.provide(world)),
  )

  it.effect.each([["another"], ["one that may only be read"]] as const)(
    "installs nothing where the package manager is %s",
    ([which]) =>
      Effect.gen(function* () {
        const state = which === "another" ? { id: "dnf" as const } : { patchable: false }
        const { applied, ask } = yield* makeInstaller(state)
        assert.match(failureOf(yield* ask()), /it was not found on this host/)
        assert.deepStrictEqual(applied, [])
      }).pipe(Effect.scoped, Effect.provide(world)),
  )

  it.effect("ends with 1 and installs nothing when it does not understand the plan to the last key", () =>
    Effect.gen(function* () {
      const { applied, line, run } = yield* makeInstaller()
      const plan = line().trim()
      const tooLong = `${" ".repeat(planLimitBytes)}${plan}`
      for (const input of [`${plan.slice(0, -1)},"more":1}`, tooLong]) {
        const { exitCode, stdout, stderr } = yield* run(stdin(input))
        assert.deepStrictEqual([exitCode, stdout], [1, ""])
        assert.include(stderr, "expected one line on stdin")
      }
      const silent = yield* Effect.forkChild(run(Stream.never))
      yield* TestClock.adjust(executorRequestTimeout)
      assert.strictEqual((yield* Fiber.join(silent)).exitCode, 1)
      assert.deepStrictEqual(applied, [])
    }).pipe(Effect.scoped, Effect.provide(world)),
  )
})

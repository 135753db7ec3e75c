import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { dialectOf, requireDialect } from "../../../src/package-manager/dnf/dnfDialect.ts"
import { dnfLockHolders } from "../../../src/package-manager/dnf/dnfLocks.ts"
import { ask } from "../../../src/package-manager/dnf/dnfRead.ts"
import { advisoryList, read, upgrades } from "../../../src/package-manager/dnf/dnfCommands.ts"
import { fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"

const dnf4 = { kind: "dnf4", program: "dnf", version: "4.23.0" } as const
const dnf5 = { kind: "dnf5", program: "dnf5", version: "5.4.6.0" } as const
const yum3 = { kind: "yum3", program: "yum", version: "3.4.3" } as const

/** Process 42 runs, and has its id in this file. */
const holder = (path: string): Tree => ({
  [path]: "42",
  "/proc/42/stat": "42 (dnf) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 100",
  "/proc/42/comm": "dnf\n",
})

const asking = (tree: Tree, responder: Responder, dialect: typeof dnf4 | typeof dnf5 | typeof yum3 = dnf4) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    ask(
      { subprocess: fakeSubprocess(responder).service, fs, isRoot: true, dialect: Effect.succeed(dialect) },
      dialect,
      "updates",
      read(dialect, "repoquery"),
    ),
  ).pipe(Effect.provide(layerFileTree(tree)))

describe("ask", () => {
  it.effect("names who holds the lock when dnf4 or yum gives up at it", () =>
    Effect.gen(function* () {
      const words = { exitCode: 200, stderr: "metadata already locked by 42\n" }
      const error = yield* Effect.flip(
        asking(holder("/var/cache/dnf/metadata_lock.pid"), when("dnf repoquery", words)),
      )
      assert.strictEqual(error.reason, "locked")
      assert.strictEqual(error.detail, "dnf (process 42) holds /var/cache/dnf/metadata_lock.pid")
      assert.deepInclude(error.holder, { pid: 42, program: "dnf" })
      const gone = yield* Effect.flip(asking({}, when("yum repoquery", words), yum3))
      assert.deepStrictEqual([gone.reason, gone.detail], ["locked", "metadata already locked by 42"])
    }),
  )

  it.effect("takes a question that was waited for in vain for locked where somebody holds a lock", () =>
    Effect.gen(function* () {
      const timeout = when("dnf", new SubprocessError({ program: "dnf", reason: "timed_out" }))
      const locked = yield* Effect.flip(asking(holder("/var/lib/dnf/rpmdb_lock.pid"), timeout))
      assert.strictEqual(locked.reason, "locked")
      assert.strictEqual((yield* Effect.flip(asking({}, timeout))).reason, "timed_out")
    }),
  )

  it.effect("tells dnf4 and yum not to wait", () =>
    Effect.sync(() => {
      assert.include(upgrades(dnf4, "none").args, "--setopt=exit_on_lock=True")
      assert.include(upgrades(yum3, "none").args, "--setopt=exit_on_lock=True")
    }),
  )
})

describe("dnfLockHolders", () => {
  it.effect("takes no notice of a process id whose process is gone, and names each process once", () =>
    Effect.gen(function* () {
      const holders = (tree: Tree) =>
        Effect.flatMap(FileSystem.FileSystem, dnfLockHolders).pipe(Effect.provide(layerFileTree(tree)))
      assert.deepStrictEqual(yield* holders({ "/var/run/yum.pid": "41\n" }), [])
      const both = { ...holder("/var/run/yum.pid"), "/var/lib/dnf/rpmdb_lock.pid": "42" }
      assert.deepStrictEqual(
        (yield* holders(both)).map(({ pid, lock }) => [pid, lock]),
        [[42, "/var/lib/dnf/rpmdb_lock.pid"]],
      )
      assert.deepStrictEqual(yield* holders({ "/var/run/yum.pid": "no id" }), [])
    }),
  )
})

describe("the dialect", () => {
  it("is told by what the program calls itself", () => {
    assert.strictEqual(dialectOf("dnf", "dnf5 version 5.4.6.0\ndnf5 plugin API version 2.0\n")?.kind, "dnf5")
    assert.strictEqual(dialectOf("dnf", "4.23.0\n  Installed: dnf-0:4.23.0-1.noarch at ...\n")?.kind, "dnf4")
    assert.strictEqual(dialectOf("yum", "4.14.0\n")?.kind, "dnf4")
    assert.strictEqual(dialectOf("yum", "3.4.3\n  Installed: rpm-4.11.3\n")?.kind, "yum3")
    assert.isUndefined(dialectOf("dnf", "Error in configuration file\n"))
  })

  it.effect("is the system's own choice, and not missing where a program does not run", () =>
    Effect.gen(function* () {
      const find = (...responders: ReadonlyArray<Responder>) =>
        requireDialect({ subprocess: fakeSubprocess(...responders).service })
      const both = yield* find(
        when("dnf --version", "4.23.0\n"),
        when("dnf5 --version", "dnf5 version 5.4.6.0\n"),
      )
      assert.strictEqual(both.kind, "dnf4")
      const broken = when("dnf5 --version", {
        exitCode: 1,
        stderr: 'Error in configuration file "/etc/dnf/dnf.conf"\n',
      })
      const error = yield* Effect.flip(find(broken))
      assert.strictEqual(error.reason, "failed")
      assert.include(error.detail, "dnf5 does not run: Error in configuration file")
      assert.strictEqual((yield* Effect.flip(find())).reason, "not_available")
    }),
  )

  it("never asks for advisories by name, to which dnf4 may answer with all of them", () => {
    for (const dialect of [dnf4, dnf5, yum3]) {
      const { args } = advisoryList(dialect)
      assert.isTrue(
        Option.isSome(Option.fromNullishOr(args.at(-1))) && /^(?:list|--json)$/.test(args.at(-1) ?? ""),
      )
    }
  })
})

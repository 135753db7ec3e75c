import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as NodeSubprocess from "../../../src/host/NodeSubprocess.ts"
import { Subprocess } from "../../../src/host/Subprocess.ts"
import { SystemCalls } from "../../../src/host/SystemCalls.ts"
import { updateAgent } from "../../../src/self-update/updateAgent.ts"
import { updateLock } from "../../../src/self-update/updateLock.ts"
import { licenseKey } from "../../e2e/AgentProcess.ts"
import { agentProgram, Programs } from "../../e2e/Programs.ts"
import { standIn } from "./standIn.ts"
import { attempt, boot, configOf, layers, shortWindow, stop } from "./UpdateHost.ts"
import { inWorld, works } from "./updateWorld.ts"

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

const onHost = Effect.fnUntraced(function* (program: string, ...args: ReadonlyArray<string>) {
  const subprocess = yield* Subprocess
  const { exitCode, stderr } = yield* subprocess.run({ program, args, timeout: "30 seconds" })
  assert.strictEqual(exitCode, 0, stderr)
}, Effect.provide(NodeSubprocess.layer))

/** Whether a shell could take the lock. */
const freeForShell = (lock: string) =>
  Effect.gen(function* () {
    const subprocess = yield* Subprocess
    const request = { program: "flock", args: ["-n", lock, "true"], timeout: "30 seconds" } as const
    return (yield* subprocess.run(request)).exitCode === 0
  }).pipe(Effect.provide(NodeSubprocess.layer))

/** A disk of its own, until the scope ends. */
const mounted = Effect.fnUntraced(function* (path: string, size: string) {
  const files = yield* FileSystem.FileSystem
  yield* files.makeDirectory(path)
  yield* Effect.acquireRelease(onHost("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path), () =>
    Effect.ignore(onHost("umount", "--lazy", path)),
  )
})

describe("an attempt to update", () => {
  it.live("leaves a full disk as it was, and goes on when there is space", () =>
    inWorld(({ root, server, releases, directory }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* releases.add("1.1.0", standIn("1.1.0", "good", 2_000_000))
        const disk = `${directory}/disk`
        yield* mounted(disk, "1m")
        yield* onHost("cp", "-a", `${root}/.`, disk)
        yield* Effect.addFinalizer(() => Effect.ignore(stop(disk)))
        yield* boot(disk)
        yield* works(disk, "1.0.0")
        assert.strictEqual((yield* attempt(disk, server)).outcome, "disk_full")
        // Where nobody can say how much space there is, or others take it meanwhile.
        const unknown = Layer.mock(SystemCalls)({ space: () => Effect.undefined })
        const blind = layers(disk, configOf(disk, server), unknown)
        const { outcome } = yield* Effect.provide(updateAgent(shortWindow), blind)
        assert.strictEqual(outcome, "disk_full")
        assert.deepStrictEqual(yield* files.readDirectory(`${disk}/versions/1.1.0`), [])
        yield* works(disk, "1.0.0")
        yield* onHost("mount", "-o", "remount,size=200m", disk)
        assert.strictEqual((yield* attempt(disk, server)).outcome, "updated")
        yield* works(disk, "1.1.0")
      }),
    ),
  )

  it.live("changes nothing while somebody else is at work, who may be a shell", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* releases.add("1.1.0", standIn("1.1.0"))
        const lock = `${root}/update/lock`
        yield* Effect.gen(function* () {
          yield* updateLock(lock)
          assert.strictEqual((yield* Effect.flip(attempt(root, server)))._tag, "UpdaterRunning")
          assert.isFalse(yield* freeForShell(lock))
          // Others cannot lock what they cannot open.
          assert.strictEqual((yield* files.stat(lock)).mode & 0o777, 0o600)
        }).pipe(Effect.scoped, Effect.provide(layers(root, configOf(root, server))))
        assert.isTrue(yield* freeForShell(lock))
        yield* works(root, "1.0.0")
        assert.strictEqual((yield* attempt(root, server)).outcome, "updated")
      }),
    ),
  )

  it.live("is what the program does, and what its status shows", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const programs = yield* Programs
        const files = yield* FileSystem.FileSystem
        const env = { PATCHCTL_INSTALLATION: root }
        const config = `${root}/config.json`
        yield* files.writeFileString(
          config,
          encodeJson({
            license_key: licenseKey,
            api_url: server.url,
            ca_file: server.caFile,
            no_proxy: ["*"],
            state_directory: `${root}/state`,
          }),
          { mode: 0o600 },
        )
        const agent = (...args: ReadonlyArray<string>) =>
          programs.run(agentProgram, ["--config", config, ...args], { env })
        yield* releases.add("1.1.0", standIn("1.1.0"))
        const { exitCode, stderr } = yield* agent("update", "--restart-program", `${root}/restart`)
        assert.strictEqual(exitCode, 0, stderr)
        assert.include(stderr, "event=update.finished outcome=updated")
        yield* works(root, "1.1.0")
        const { stdout } = yield* agent("status", "--json")
        assert.include(stdout, '"outcome":"updated"')
        // Of the daemon that stands in there is less to be told than `status` wants.
        assert.strictEqual((yield* agent("selftest", "--update")).exitCode, 0)

        yield* releases.add("1.2.0", standIn("1.2.0", "silent"))
        const failed = yield* agent("update", "--restart-program", `${root}/restart`, "--health-seconds", "3")
        assert.strictEqual(failed.exitCode, 1)
        assert.include(failed.stderr, "outcome=returned")
        yield* works(root, "1.1.0")
      }).pipe(Effect.provide(Programs.layer)),
    ),
  )
})

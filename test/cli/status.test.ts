import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { StatusReport } from "../../src/cli/judgeStatus.ts"
import { status } from "../../src/cli/status.ts"
import { Environment } from "../../src/config/Environment.ts"
import type { AgentStatus } from "../../src/domain/AgentStatus.ts"
import { processIdentity } from "../../src/host/processIdentity.ts"
import { StatusFile } from "../../src/store/StatusFile.ts"
import { runVerb } from "./runVerb.ts"
import { healthy, now, troubled } from "./sampleStatus.ts"

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(StatusReport))

/** `status` run by an ordinary user, for whom only these files and variables exist. */
const statusFor = (variables: Record<string, string>) =>
  status.pipe(
    Command.provide(
      Layer.merge(Layer.succeed(Environment, { userId: 1000, variables }), NodeFileSystem.layer),
    ),
  )

/** A state directory with this status in it, as if this very process were the daemon. */
const stateOf = (written: AgentStatus) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now.epochMilliseconds)
    const files = yield* FileSystem.FileSystem
    const directory = yield* files.makeTempDirectoryScoped()
    const self = Option.getOrElse(yield* processIdentity(process.pid), () => "")
    yield* StatusFile.use((file) => file.write({ ...written, processIdentity: self })).pipe(
      Effect.provide(StatusFile.layer(directory)),
    )
    return directory
  }).pipe(Effect.provide(NodeFileSystem.layer))

describe("patchctl status", () => {
  it.effect("exits with 0 while the agent is healthy", () =>
    Effect.gen(function* () {
      const directory = yield* stateOf(healthy)
      const result = yield* runVerb(statusFor({}), ["status", "--state-directory", directory])
      assert.strictEqual(result.exitCode, 0)
      assert.match(result.stdout, /^PatchCTL agent: healthy\n/)
      assert.strictEqual(result.stderr, "")
    }),
  )

  it.effect("exits with 1 when something is wrong, without a word on stderr", () =>
    Effect.gen(function* () {
      const directory = yield* stateOf(troubled)
      const result = yield* runVerb(statusFor({}), ["status", "--state-directory", directory])
      assert.strictEqual(result.exitCode, 1)
      assert.include(result.stdout, "Invalid license key")
      assert.strictEqual(result.stderr, "")
    }),
  )

  it.effect("exits with 3 when the process is gone", () =>
    Effect.gen(function* () {
      const directory = yield* stateOf(healthy)
      const files = yield* FileSystem.FileSystem
      const path = `${directory}/status.json`
      const text = yield* files.readFileString(path)
      yield* files.writeFileString(path, text.replace(/:(\d+)"/, ':0"'))
      const result = yield* runVerb(statusFor({}), ["status", "--state-directory", directory])
      assert.strictEqual(result.exitCode, 3)
      assert.include(result.stdout, "last seen 2 min ago")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("trusts a fresh status where /proc hides other users' processes", () =>
    Effect.gen(function* () {
      const directory = yield* stateOf(healthy)
      const files = yield* FileSystem.FileSystem
      const hidden = status.pipe(
        Command.provide(
          Layer.merge(
            Layer.succeed(Environment, { userId: 1000, variables: {} }),
            Layer.succeed(FileSystem.FileSystem, {
              ...files,
              readFileString: (path, encoding) =>
                files.readFileString(path.startsWith("/proc/") ? "/nowhere" : path, encoding),
            }),
          ),
        ),
      )
      const args = ["status", "--state-directory", directory]
      assert.strictEqual((yield* runVerb(hidden, args)).exitCode, 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* runVerb(hidden, args)).exitCode, 3)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("exits with 4 without a status, and with a damaged one", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      const args = ["status", "--state-directory", directory]
      const missing = yield* runVerb(statusFor({}), args)
      assert.strictEqual(missing.exitCode, 4)
      assert.include(missing.stdout, "does not exist")
      yield* files.writeFileString(`${directory}/status.json`, '{"writtenAt": 1')
      const damaged = yield* runVerb(statusFor({}), args)
      assert.strictEqual(damaged.exitCode, 4)
      assert.include(damaged.stdout, "is not understood")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("prints one document with --json, whatever the verdict", () =>
    Effect.gen(function* () {
      const directory = yield* stateOf(troubled)
      const result = yield* runVerb(statusFor({}), ["status", "--json", "--state-directory", directory])
      const report = yield* decodeReport(result.stdout)
      assert.strictEqual(result.exitCode, 1)
      assert.strictEqual(report.verdict, "degraded")
      assert.strictEqual(report.status?.pid, troubled.pid)
      const missing = yield* runVerb(statusFor({}), ["status", "--json", "--state-directory", "/nowhere"])
      assert.strictEqual((yield* decodeReport(missing.stdout)).verdict, "unknown")
    }),
  )

  it.effect("takes the state directory from the configuration, or from the environment alone", () =>
    Effect.gen(function* () {
      const directory = yield* stateOf(healthy)
      const unreadable = { PATCHCTL_CONFIG: "/nowhere/config.json", PATCHCTL_STATE_DIRECTORY: directory }
      assert.strictEqual((yield* runVerb(statusFor(unreadable), ["status"])).exitCode, 0)

      const files = yield* FileSystem.FileSystem
      const path = `${directory}/config.json`
      yield* files.writeFileString(
        path,
        `{"license_key": "pk_live_0123456789abcdef", "state_directory": "${directory}"}`,
        { mode: 0o600 },
      )
      yield* files.chown(path, process.getuid?.() ?? 0, process.getgid?.() ?? 0)
      const owner = status.pipe(
        Command.provide(
          Layer.merge(
            Layer.succeed(Environment, { userId: process.getuid?.() ?? 0, variables: {} }),
            NodeFileSystem.layer,
          ),
        ),
      )
      assert.strictEqual((yield* runVerb(owner, ["status", "--config", path])).exitCode, 0)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("explains a wrong command line on stderr and exits with 64", ({ expect }) =>
    Effect.gen(function* () {
      const result = yield* runVerb(statusFor({}), ["status", "--jsno"])
      assert.strictEqual(result.exitCode, 64)
      assert.strictEqual(result.stdout, "")
      expect(result.stderr).toMatchInlineSnapshot(`
        "patchctl: Unrecognized flag: --jsno in command patchctl status

          Did you mean this?
            --json
        See: patchctl status --help"
      `)
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestConsole from "effect/testing/TestConsole"
import { Environment } from "../../src/config/Environment.ts"
import { HostUnreadable } from "../../src/host/Host.ts"
import * as AgentLogger from "../../src/observability/AgentLogger.ts"

const everyLevel = Effect.gen(function* () {
  yield* Effect.logTrace("loop.turned")
  yield* Effect.logDebug("request.sent", { path: "/v1/heartbeats" })
  yield* Effect.annotateLogs(Effect.logInfo("scan.finished"), { updates: 12, key: Redacted.make("hunter2") })
  yield* Effect.logWarning("heartbeat.lost", new HostUnreadable({ path: "/proc/stat" }))
  yield* Effect.logError("outbox.full", { dropped: 3 })
  yield* Effect.logFatal("loop.died")
})

/** stderr is the socket with inode 4711 on device 9. */
const socketAsStderr = FileSystem.layerNoop({
  stat: () =>
    Effect.succeed({
      type: "Socket",
      mtime: Option.none(),
      atime: Option.none(),
      birthtime: Option.none(),
      dev: 9n,
      ino: Option.some(4711n),
      mode: 0o777,
      nlink: Option.none(),
      uid: Option.none(),
      gid: Option.none(),
      rdev: Option.none(),
      size: ByteSize.zero,
      blksize: Option.none(),
      blocks: Option.none(),
    }),
})

type Level = Parameters<typeof AgentLogger.layer>[0]

const stderrOf = (
  program: Effect.Effect<void>,
  { level = "info", stream }: { readonly level?: Level; readonly stream?: string },
) =>
  Effect.gen(function* () {
    yield* Effect.provide(
      program,
      AgentLogger.layer(level).pipe(
        Layer.provide([
          socketAsStderr,
          Layer.succeed(Environment, { variables: { JOURNAL_STREAM: stream }, userId: 0 }),
        ]),
      ),
    )
    assert.deepStrictEqual(yield* TestConsole.logLines, [])
    return yield* TestConsole.errorLines
  }).pipe(Effect.provide(TestConsole.layer))

describe("AgentLogger", () => {
  it.effect("writes time, level and event in logfmt, on stderr only", ({ expect }) =>
    Effect.gen(function* () {
      const lines = yield* stderrOf(everyLevel, { level: "info" })
      expect(lines.join("\n")).toMatchInlineSnapshot(`
        "time=1970-01-01T00:00:00.000Z level=info event=scan.finished updates=12 key=<redacted>
        time=1970-01-01T00:00:00.000Z level=warn event=heartbeat.lost error=HostUnreadable reason="/proc/stat does not hold what proc(5) describes"
        time=1970-01-01T00:00:00.000Z level=error event=outbox.full dropped=3
        time=1970-01-01T00:00:00.000Z level=fatal event=loop.died"
      `)
    }),
  )

  it.effect("writes priorities for the journal, which has time and level itself", ({ expect }) =>
    Effect.gen(function* () {
      const lines = yield* stderrOf(everyLevel, { level: "info", stream: "9:4711" })
      expect(lines.join("\n")).toMatchInlineSnapshot(`
        "<6>scan.finished updates=12 key=<redacted>
        <4>heartbeat.lost error=HostUnreadable reason="/proc/stat does not hold what proc(5) describes"
        <3>outbox.full dropped=3
        <2>loop.died"
      `)
    }),
  )

  it.effect("does not take another file for the journal that a parent process had", () =>
    Effect.gen(function* () {
      const [first] = yield* stderrOf(Effect.logInfo("agent.started"), { stream: "9:4712" })
      assert.strictEqual(first, "time=1970-01-01T00:00:00.000Z level=info event=agent.started")
    }),
  )

  it.effect.each([
    ["trace", 6],
    ["debug", 5],
    ["info", 4],
    ["warn", 3],
    ["error", 2],
  ] as const)("drops what is less severe than the configured level: %j", ([level, count]) =>
    Effect.gen(function* () {
      assert.lengthOf(yield* stderrOf(everyLevel, { level }), count)
    }),
  )

  it.effect("gives debugging its own priority in the journal", () =>
    Effect.gen(function* () {
      const [first, second] = yield* stderrOf(everyLevel, { level: "trace", stream: "9:4711" })
      assert.strictEqual(first, "<7>loop.turned")
      assert.strictEqual(second, "<7>request.sent path=/v1/heartbeats")
    }),
  )

  it.effect.each([
    ["trace", true],
    ["debug", true],
    ["info", false],
    ["warn", false],
  ] as const)("prints a stack at debug and trace only: %j", ([level, expected]) =>
    Effect.gen(function* () {
      const [line] = yield* stderrOf(Effect.logError("loop.died", new Error("broken")), { level })
      assert.strictEqual(String(line).includes("stack="), expected)
    }),
  )
})

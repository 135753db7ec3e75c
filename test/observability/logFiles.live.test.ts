import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as TestConsole from "effect/testing/TestConsole"
import { Environment } from "../../src/config/Environment.ts"
import * as AgentLogger from "../../src/observability/AgentLogger.ts"

const environment = Layer.succeed(Environment, { variables: {}, userId: 0 })

/** Runs a program whose log goes to a directory, to its end; what stderr got in this test. */
const logged = Effect.fnUntraced(function* (directory: string, program: Effect.Effect<void>) {
  yield* Effect.provide(program, AgentLogger.layer("info", directory).pipe(Layer.provide(environment)))
  return yield* TestConsole.errorLines
}, Effect.provide(TestConsole.layer))

describe("log files", () => {
  it.effect("hold what stderr gets, across restarts", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      yield* logged(directory, Effect.logInfo("agent.started", { version: "1.2.3" }))
      const lines = yield* logged(directory, Effect.logWarning("heartbeat.lost"))
      const text = yield* files.readFileString(`${directory}/agent.log`)
      assert.strictEqual(text, `${lines.join("\n")}\n`)
      assert.match(text, /event=agent.started version=1.2.3\n.* level=warn event=heartbeat.lost\n$/)
      assert.strictEqual((yield* files.stat(`${directory}/agent.log`)).mode & 0o777, 0o640)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("stay bounded, with the newest lines in them", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      const many = Effect.forEach(
        Array.from({ length: 2000 }, (_, at) => at),
        (at) => Effect.logInfo("line", { at, text: "x".repeat(2000) }),
        { discard: true },
      )
      for (const _ of [1, 2, 3]) yield* logged(directory, many)
      const sizes = yield* Effect.forEach(yield* files.readDirectory(directory), (name) =>
        Effect.map(files.stat(`${directory}/${name}`), ({ size }) => Number(size)),
      )
      assert.lengthOf(sizes, 2)
      for (const size of sizes) assert.isAtMost(size, 4 * 1024 * 1024)
      assert.include(yield* files.readFileString(`${directory}/agent.log`), "at=1999")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("that cannot be written cost nothing but one complaint", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      yield* files.writeFileString(`${directory}/file`, "")
      const lines = yield* logged(`${directory}/file`, Effect.logInfo("agent.started"))
      assert.include(lines[0], "event=agent.started")
      assert.include(lines[1], "the log file cannot be written")
      assert.lengthOf(lines, 2)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})

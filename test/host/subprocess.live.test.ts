import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { OutputDirectory } from "../../src/host/runToFiles.ts"
import { Subprocess, type SubprocessRequest } from "../../src/host/Subprocess.ts"

const live = Layer.provideMerge(NodeSubprocess.layer, NodeServices.layer)

/** Runs a JavaScript program, or another one where the test is about that. */
const run = Effect.fnUntraced(function* (script: string, options: Partial<SubprocessRequest> = {}) {
  const subprocess = yield* Subprocess
  return yield* subprocess.run({
    program: process.execPath,
    args: ["-e", script],
    timeout: "15 seconds",
    ...options,
  })
})

const Environment = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))

const isAlive = (pid: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.exists(`/proc/${pid}`), () => false))

const eventually = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  condition.pipe(
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("10 seconds"),
  )

/** A program that starts a child which holds its stdout open for a minute, prints its pid, and exits. */
const leavesChild = (exitCode: number, detached: boolean) => `
  const child = require("child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"],
    { stdio: "inherit", detached: ${detached} })
  child.unref()
  require("fs").writeSync(1, child.pid + "\\n")
  process.exit(${exitCode})`

const kill = (pid: string) => Effect.sync(() => process.kill(Number(pid), "SIGKILL"))

describe("NodeSubprocess", () => {
  it.live("gives exit code, stdout and stderr; a code other than 0 is no error", () =>
    Effect.gen(function* () {
      const result = yield* run(`console.log("out"); console.error("err"); process.exitCode = 100`)
      assert.deepStrictEqual(result, { exitCode: 100, stdout: "out\n", stderr: "err\n", truncated: false })
    }).pipe(Effect.provide(live)),
  )

  it.live("gives the program the fixed environment and nothing of ours", () =>
    Effect.gen(function* () {
      const result = yield* run(`console.log(JSON.stringify(process.env))`, {
        env: { PATH: "/evil", LC_ALL: "de_DE.UTF-8", LANGUAGE: "de", EXTRA: "1" },
      })
      const env = yield* Schema.decodeEffect(Environment)(result.stdout)
      assert.strictEqual(
        env["PATH"],
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin",
      )
      assert.include(["C", "C.UTF-8"], env["LC_ALL"])
      assert.strictEqual(env["EXTRA"], "1")
      assert.strictEqual(env["DEBIAN_FRONTEND"], "noninteractive")
      assert.notProperty(env, "LANGUAGE")
      assert.notProperty(env, "VITEST")
    }).pipe(Effect.provide(live)),
  )

  it.live("gives an empty stdin, or the text to read", () =>
    Effect.gen(function* () {
      const echo = `process.stdin.pipe(process.stdout)`
      assert.strictEqual((yield* run(echo)).stdout, "")
      assert.strictEqual((yield* run(echo, { stdin: "größe\n" })).stdout, "größe\n")
    }).pipe(Effect.provide(live)),
  )

  it.live("cuts stdout at the limit, says so, and keeps the end of stderr", () =>
    Effect.gen(function* () {
      const result = yield* run(
        `process.stdout.write("x".repeat(3_000_000)); process.stderr.write("y".repeat(300_000) + "last")`,
        { outputLimitBytes: 1000 },
      )
      assert.strictEqual(result.exitCode, 0)
      assert.strictEqual(result.stdout, "x".repeat(1000))
      assert.isTrue(result.truncated)
      assert.strictEqual(result.stderr.length, 64 * 1024)
      assert.isTrue(result.stderr.endsWith("ylast"))
    }).pipe(Effect.provide(live)),
  )

  it.live("tells complete lines of stdout and of file descriptor 3 as they come", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const status: Array<string> = []
      const errors: Array<string> = []
      const result = yield* run(
        `require("fs").writeSync(3, "pmstatus:a:1:x\\npmstatus:b:2:y\\n"); console.log("one"); console.error("bad"); process.stdout.write("two\\ncut")`,
        {
          onLine: (line) => Effect.sync(() => void lines.push(line)),
          onErrorLine: (line) => Effect.sync(() => void errors.push(line)),
          onStatusLine: (line) => Effect.sync(() => void status.push(line)),
        },
      )
      assert.deepStrictEqual(lines, ["one", "two"])
      assert.deepStrictEqual(status, ["pmstatus:a:1:x", "pmstatus:b:2:y"])
      assert.deepStrictEqual(errors, ["bad"])
      assert.strictEqual(result.stdout, "one\ntwo\ncut")
    }).pipe(Effect.provide(live)),
  )

  it.live("ends when the program exits, though a child keeps its pipes open", () =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const result = yield* run(leavesChild(0, true))
      const after = yield* Clock.currentTimeMillis
      const child = result.stdout.trim()
      assert.isTrue(yield* isAlive(child))
      yield* kill(child)
      assert.isBelow(after - before, 10_000)
    }).pipe(Effect.provide(live)),
  )

  it.live("tells apart a missing program, one that may not be started, and one that cannot be run", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${directory}/plain`, "no program", { mode: 0o644 })
      const reasonOf = (program: string, args: ReadonlyArray<string> = []) =>
        Effect.map(Effect.flip(run("", { program, args })), (error) => error.reason)
      assert.strictEqual(yield* reasonOf("patchctl-no-such-program"), "not_found")
      assert.strictEqual(yield* reasonOf(`${directory}/plain`), "not_permitted")
      assert.strictEqual(yield* reasonOf("true", ["x".repeat(200_000)]), "failed")
      assert.strictEqual(yield* reasonOf("true", ["nul\0"]), "failed")
    }).pipe(Effect.scoped, Effect.provide(live)),
  )

  it.live("says that a program was ended by a signal", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(run(`process.kill(process.pid, "SIGKILL")`))
      assert.strictEqual(error.reason, "killed")
    }).pipe(Effect.provide(live)),
  )

  it.live("kills the whole process group when the time is up, though the program ignores TERM", () =>
    Effect.gen(function* () {
      let pids: ReadonlyArray<string> = []
      const error = yield* Effect.flip(
        run(
          `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)
           const child = require("child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"])
           console.log(process.pid + " " + child.pid)`,
          {
            timeout: "1500 millis",
            onLine: (line) => Effect.sync(() => void (pids = line.split(" "))),
          },
        ),
      )
      assert.strictEqual(error.reason, "timed_out")
      assert.strictEqual(pids.length, 2)
      for (const pid of pids) assert.isFalse(yield* isAlive(pid))
    }).pipe(Effect.provide(live)),
  )

  it.live("ends the program when the caller is interrupted", () =>
    Effect.gen(function* () {
      let pid = ""
      const fiber = yield* Effect.forkChild(
        run(`console.log(process.pid); setInterval(() => {}, 1000)`, {
          onLine: (line) => Effect.sync(() => void (pid = line)),
        }),
      )
      yield* eventually(Effect.sync(() => pid !== ""))
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* isAlive(pid))
    }).pipe(Effect.provide(live)),
  )

  describe("with onTimeout: leave", () => {
    const goesOn = (marker: string) =>
      `console.log(process.pid); setTimeout(() => {
         process.stdout.write("z".repeat(2_000_000), () => require("fs").writeFileSync(${JSON.stringify(marker)}, "done"))
       }, 1500)`

    it.live("lets the program go on to its end after the time is up, reading what it still writes", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const marker = `${yield* fs.makeTempDirectoryScoped()}/marker`
        const error = yield* Effect.flip(run(goesOn(marker), { timeout: "500 millis", onTimeout: "leave" }))
        assert.strictEqual(error.reason, "timed_out")
        yield* eventually(fs.exists(marker))
      }).pipe(Effect.scoped, Effect.provide(live)),
    )

    it.live("lets the program go on when the caller is interrupted", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const marker = `${yield* fs.makeTempDirectoryScoped()}/marker`
        let pid = ""
        const fiber = yield* Effect.forkChild(
          run(goesOn(marker), {
            onTimeout: "leave",
            onLine: (line) => Effect.sync(() => void (pid = line)),
          }),
        )
        yield* eventually(Effect.sync(() => pid !== ""))
        yield* Fiber.interrupt(fiber)
        yield* eventually(fs.exists(marker))
      }).pipe(Effect.scoped, Effect.provide(live)),
    )

    it.live("lets the program go on, and talk, when this very process is killed", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const marker = `${yield* fs.makeTempDirectoryScoped()}/marker`
        const talking = `console.log(process.pid); const on = setInterval(() => {
          for (const fd of [1, 2]) require("fs").writeSync(fd, "talking\\n")
          if (!require("fs").existsSync(${JSON.stringify(marker)})) return
          require("fs").writeFileSync(${JSON.stringify(`${marker}.done`)}, ""); clearInterval(on)
        }, 20)`
        const parent = spawn(
          process.execPath,
          [new URL("leaveProgram.ts", import.meta.url).pathname, talking],
          {
            stdio: ["ignore", "pipe", "inherit"],
          },
        )
        let pid = ""
        parent.stdout.on("data", (chunk: Buffer) => (pid ||= chunk.toString().split("\n")[0] ?? ""))
        yield* eventually(Effect.sync(() => pid !== ""))
        parent.kill("SIGKILL")
        yield* eventually(Effect.sync(() => parent.signalCode === "SIGKILL"))
        yield* fs.writeFileString(marker, "")
        yield* eventually(fs.exists(`${marker}.done`))
      }).pipe(Effect.scoped, Effect.provide(live)),
    )

    it.live("hears every line, though a script cuts the file by opening /dev/stderr anew", () =>
      Effect.gen(function* () {
        const heard: Array<string> = []
        const { stderr } = yield* run(
          `const fs = require("fs")
           const say = (text) => fs.writeSync(2, text + "\\n")
           say("a long line that is there before"); setTimeout(() => {
             fs.writeFileSync("/dev/stderr", "anew\\n"); say("after") }, 700)`,
          { onTimeout: "leave", onErrorLine: (line) => Effect.sync(() => void heard.push(line)) },
        )
        assert.deepStrictEqual(heard, ["a long line that is there before", "anew", "after"])
        assert.strictEqual(stderr, `${heard.join("\n")}\n`)
      }).pipe(Effect.provide(live)),
    )

    it.live("leaves nothing of its files behind, and says so when they cannot be made", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const directory = yield* fs.makeTempDirectoryScoped()
        const into = (path: string) =>
          run(`console.log("said")`, { onTimeout: "leave" }).pipe(
            Effect.provide(NodeSubprocess.layer.pipe(Layer.provide(Layer.succeed(OutputDirectory, path)))),
          )
        assert.strictEqual((yield* into(directory)).stdout, "said\n")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
        assert.strictEqual((yield* Effect.flip(into(`${directory}/none`))).reason, "failed")
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    )

    it.live("leaves alone what a failed program has started in its process group", () =>
      Effect.gen(function* () {
        const result = yield* run(leavesChild(100, false), { onTimeout: "leave" })
        const child = result.stdout.trim()
        assert.strictEqual(result.exitCode, 100)
        assert.isTrue(yield* isAlive(child))
        yield* kill(child)
      }).pipe(Effect.provide(live)),
    )
  })
})

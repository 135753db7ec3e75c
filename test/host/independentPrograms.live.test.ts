import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { hasIndependentProgram } from "../../src/host/independentPrograms.ts"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { OutputDirectory } from "../../src/host/runToFiles.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"
import { eventually } from "../eventually.ts"

const isThere = (there: boolean) => there

/** Runs until `marker` is there, and leaves a child behind that has its stdout. */
const leavesChild = (marker: string) => `
  const child = require("child_process").spawn("sleep", ["60"], { stdio: ["ignore", "inherit", "ignore"] })
  console.log(child.pid); child.unref()
  const wait = setInterval(() => { if (require("fs").existsSync(${JSON.stringify(marker)})) clearInterval(wait) }, 20)`

describe("hasIndependentProgram", () => {
  it.live(
    "sees a program of this directory as long as it runs, and no other, nor what it leaves behind",
    () =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const directory = yield* files.makeTempDirectoryScoped()
        const elsewhere = yield* files.makeTempDirectoryScoped()
        const marker = `${elsewhere}/marker`
        const linked = `${elsewhere}/linked`
        yield* files.symlink(directory, linked)
        assert.isFalse(yield* hasIndependentProgram(directory))
        const fiber = yield* Effect.gen(function* () {
          const subprocess = yield* Subprocess
          return yield* subprocess.run({
            program: process.execPath,
            args: ["-e", leavesChild(marker)],
            timeout: "60 seconds",
            onTimeout: "leave",
          })
        }).pipe(
          Effect.provide(NodeSubprocess.layer.pipe(Layer.provide(Layer.succeed(OutputDirectory, linked)))),
          Effect.forkChild,
        )
        yield* eventually("the program runs", hasIndependentProgram(directory), isThere)
        for (const name of [linked, `${linked}/`, `${linked}/../linked`]) {
          assert.isTrue(yield* hasIndependentProgram(name), name)
        }
        assert.isFalse(yield* hasIndependentProgram(elsewhere))
        yield* files.writeFileString(marker, "")
        const child = (yield* Fiber.join(fiber)).stdout.trim()
        assert.isTrue(yield* files.exists(`/proc/${child}`))
        assert.isFalse(yield* hasIndependentProgram(directory))
        yield* Effect.sync(() => process.kill(Number(child), "SIGKILL"))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})

import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { installerLock } from "../../src/executor/InstallerMessages.ts"
import { LeftBehind } from "../../src/executor/LeftBehind.ts"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { OutputDirectory } from "../../src/host/runToFiles.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"
import { lockFile } from "../../src/store/Database.ts"
import { eventually } from "../eventually.ts"

/** Runs until `marker` is there. */
const until = (marker: string) =>
  `const wait = setInterval(() => { if (require("fs").existsSync(${JSON.stringify(marker)})) clearInterval(wait) }, 20)`

describe("LeftBehind", () => {
  it.live("sees an installer by its lock, and a package manager that holds none by its output", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      const { isAtWork } = yield* Effect.provide(LeftBehind, LeftBehind.layer(directory))
      assert.isFalse(yield* isAtWork)
      assert.isTrue(yield* Effect.scoped(Effect.andThen(lockFile(installerLock(directory)), isAtWork)))
      assert.isFalse(yield* isAtWork)
      const marker = `${directory}/marker`
      const manager = yield* Effect.flatMap(Subprocess, ({ run }) =>
        run({
          program: process.execPath,
          args: ["-e", until(marker)],
          timeout: "60 seconds",
          onTimeout: "leave",
        }),
      ).pipe(
        Effect.provide(NodeSubprocess.layer.pipe(Layer.provide(Layer.succeed(OutputDirectory, directory)))),
        Effect.forkChild,
      )
      yield* eventually("the package manager runs", isAtWork, (is) => is)
      yield* files.writeFileString(marker, "")
      yield* Fiber.join(manager)
      assert.isFalse(yield* isAtWork)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})

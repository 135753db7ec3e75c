import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { runsReplacedCode } from "../../src/host/replacedCode.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"
import { eventually } from "../eventually.ts"

describe("a program whose library was replaced", () => {
  it.live("shows it in its maps from then on", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const subprocess = yield* Subprocess
      const own = yield* fs.readFileString("/proc/self/maps")
      const [, library = ""] = / r-xp .* (\/\S+\/libm\S*)$/m.exec(own) ?? assert.fail("no libm")
      // Not below /tmp, where code loses its name on purpose.
      const folder = yield* fs.makeTempDirectoryScoped({ directory: "node_modules", prefix: ".replaced-" })
      const copy = `${yield* fs.realPath(folder)}/libm.so.6`
      yield* fs.copyFile(library, copy)
      let pid = ""
      yield* Effect.forkScoped(
        subprocess.run({
          program: process.execPath,
          args: ["-e", "console.log(process.pid); setInterval(() => {}, 1000)"],
          env: { LD_PRELOAD: copy },
          timeout: "1 minute",
          onLine: (line) => Effect.sync(() => void (pid = line)),
        }),
      )
      yield* eventually(
        "it runs",
        Effect.sync(() => pid),
        (known) => known !== "",
      )
      const maps = fs.readFileString(`/proc/${pid}/maps`)
      assert.include(yield* maps, copy)
      assert.isFalse(runsReplacedCode(yield* maps))
      // As dpkg and rpm do: the new file takes the name.
      yield* fs.copyFile(library, `${copy}.new`)
      yield* fs.rename(`${copy}.new`, copy)
      assert.isTrue(runsReplacedCode(yield* maps))
    }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(NodeSubprocess.layer, NodeServices.layer))),
  )
})

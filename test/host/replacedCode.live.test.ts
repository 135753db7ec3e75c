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
      const folder = yield* fs.realPath(yield* fs.makeTempDirectoryScoped())
      const copy = `${folder}/libm.so.6`
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
      // As if it were where libraries are: below /tmp code loses its name on purpose.
      const maps = Effect.map(fs.readFileString(`/proc/${pid}/maps`), (text) =>
        text.replaceAll(folder, "/usr/lib"),
      )
      assert.include(yield* maps, "/usr/lib/libm.so.6\n")
      assert.isFalse(runsReplacedCode(yield* maps))
      // As dpkg and rpm do: the new file takes the name.
      yield* fs.copyFile(library, `${copy}.new`)
      yield* fs.rename(`${copy}.new`, copy)
      assert.isTrue(runsReplacedCode(yield* maps))
    }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(NodeSubprocess.layer, NodeServices.layer))),
  )
})

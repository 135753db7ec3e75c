import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { files, openDataDirectory } from "../../../src/control-plane/data/DataDirectory.ts"

const modeOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(fs.stat(path), ({ mode }) => (mode & 0o777).toString(8)),
  )

const parent = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

describe("a data directory", () => {
  it.effect("is made for its user alone, and so are its files but the CA's certificate", () =>
    Effect.gen(function* () {
      const root = `${yield* parent}/deep/down`
      const data = yield* openDataDirectory(root, { create: true })
      yield* data.write(files.licenseKey, "secret")
      yield* data.write(files.caCertificate, "public")
      assert.strictEqual(yield* modeOf(root), "700")
      assert.strictEqual(yield* modeOf(data.path(files.licenseKey)), "600")
      assert.strictEqual(yield* modeOf(data.path(files.caCertificate)), "644")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("keeps what was made first", () =>
    Effect.gen(function* () {
      const data = yield* openDataDirectory(yield* parent, { create: true })
      assert.strictEqual(yield* data.keep(files.identity, Effect.succeed("first\n")), "first")
      assert.strictEqual(yield* data.keep(files.identity, Effect.succeed("second")), "first")
      assert.deepStrictEqual(yield* data.read(files.identity), Option.some("first"))
      assert.deepStrictEqual(yield* data.read(files.caKey), Option.none())
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("is not fooled by what a crash left behind", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const data = yield* openDataDirectory(yield* parent, { create: true })
      yield* fs.writeFileString(`${data.path(files.licenseKey)}.new`, "half", { mode: 0o644 })
      yield* data.write(files.licenseKey, "whole")
      assert.deepStrictEqual(yield* data.read(files.licenseKey), Option.some("whole"))
      assert.strictEqual(yield* modeOf(data.path(files.licenseKey)), "600")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("is finished where a first start was cut short", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const root = yield* parent
      yield* fs.writeFileString(`${root}/${files.identity}.new`, "half")
      const data = yield* openDataDirectory(root, { create: true })
      assert.strictEqual(yield* data.keep(files.identity, Effect.succeed("whole")), "whole")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("is never made of somebody else's directory", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const root = yield* parent
      yield* fs.writeFileString(`${root}/passwd`, "")
      yield* fs.chmod(root, 0o755)
      const refused = yield* Effect.flip(openDataDirectory(root, { create: true }))
      assert.include(refused.message, "neither empty nor a control plane's data directory")
      assert.strictEqual(yield* modeOf(root), "755")
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

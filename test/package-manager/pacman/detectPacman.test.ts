import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { detectPacman } from "../../../src/package-manager/pacman/detectPacman.ts"
import { make } from "../../../src/package-manager/pacman/PacmanPackageManager.ts"
import { fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"
import { recorded } from "./recordedHost.ts"

const arch = 'NAME="EndeavourOS"\nID="endeavouros"\nID_LIKE="arch"\n'
const debian = "ID=debian\n"
const packages: Tree = {
  "/var/lib/pacman/local/ALPM_DB_VERSION": "9\n",
  "/var/lib/pacman/local/pacman-7.1.0-1/desc": "",
}
const empty: Tree = { "/var/lib/pacman/local/ALPM_DB_VERSION": "9\n" }
const pacman = when("pacman --version", recorded("pacman-7.1", "version.stdout"))

const detected = (release: string, tree: Tree, ...programs: ReadonlyArray<Responder>) =>
  Effect.gen(function* () {
    const subprocess = fakeSubprocess(...programs)
    const files = layerFileTree({ "/etc/os-release": release, ...tree })
    const fs = yield* FileSystem.FileSystem.pipe(Effect.provide(files))
    const manager = yield* make.pipe(Effect.provide(Layer.merge(subprocess.layer, files)))
    const found = yield* detectPacman({ subprocess: subprocess.service, fs }, manager)
    return Option.getOrUndefined(Option.map(found, ({ state }) => state))
  })

describe("detectPacman", () => {
  it.effect("finds it with its version where it has packages", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* detected(arch, packages, pacman), {
        id: "pacman",
        version: "7.1.0",
        patchable: true,
      })
    }),
  )

  it.effect("lists a database without pacman as not patchable", () =>
    Effect.gen(function* () {
      const state = yield* detected(arch, packages)
      assert.deepInclude(state, { id: "pacman", patchable: false })
      assert.include(state?.detail, "without pacman")
    }),
  )

  it.effect("does not take Debian's pacman with its empty database for a manager of the host", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* detected(debian, empty, pacman))
      assert.isUndefined(yield* detected(debian, {}, pacman))
      assert.isUndefined(yield* detected(debian, {}))
    }),
  )

  it.effect("keeps an Arch host whose database is lost, so that the loss is seen", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* detected(arch, {}, pacman), { patchable: true })
      assert.isUndefined(yield* detected(arch, {}))
    }),
  )
})

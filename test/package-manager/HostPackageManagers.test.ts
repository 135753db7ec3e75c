import { assert, describe, it } from "@effect/vitest"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as HostPackageManagers from "../../src/package-manager/HostPackageManagers.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { fakeSubprocess, type Responder, when } from "../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../fakes/fileTree.ts"

const dpkg = when(
  "dpkg-query --version",
  "Debian dpkg-query package management program query tool version 1.21.22 (amd64).\n",
)
const apt = when("apt-get --version", "apt 2.6.1 (amd64)\nSupported modules:\n")
const debian = 'ID=debian\nVERSION_ID="12"\n'

const detected = (tree: Tree, ...responders: ReadonlyArray<Responder>) =>
  Effect.flatMap(PackageManagers, ({ detect }) => detect).pipe(
    Effect.map((found) => found.map(({ state }) => state)),
    Effect.provide(
      HostPackageManagers.layer.pipe(
        Layer.provide(Layer.merge(layerFileTree(tree), fakeSubprocess(...responders).layer)),
      ),
    ),
  )

const host = (release: string): Tree => ({
  "/etc/os-release": release,
  "/var/lib/dpkg/status": "Package: dpkg\n",
})

describe("HostPackageManagers", () => {
  it.effect("finds apt, with its version", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* detected(host(debian), dpkg, apt), [
        { id: "apt", version: "2.6.1", patchable: true },
      ])
    }),
  )

  it.effect("finds it on derivatives, named or not", () =>
    Effect.gen(function* () {
      assert.lengthOf(yield* detected(host("ID=linuxmint\nID_LIKE=ubuntu\n"), dpkg, apt), 1)
      assert.lengthOf(yield* detected(host("ID=newos\n"), dpkg, apt), 1)
      assert.lengthOf(yield* detected(host(""), dpkg, apt), 1)
    }),
  )

  it.effect("lists dpkg without apt as not patchable", () =>
    Effect.gen(function* () {
      const [state] = yield* detected(host(debian), dpkg)
      assert.deepInclude(state, { id: "apt", patchable: false })
      assert.include(state?.detail ?? "", "without apt-get")
    }),
  )

  it.effect("does not take dpkg as a tool on another family's host for a package manager", () =>
    Effect.gen(function* () {
      const rocky = yield* detected(host('ID=rocky\nID_LIKE="rhel centos fedora"\n'), dpkg, apt)
      assert.deepEqual(
        rocky.map(({ id }) => id),
        ["dnf"],
      )
      assert.deepEqual(yield* detected({ "/etc/os-release": "ID=newos\n" }, dpkg, apt), [])
    }),
  )

  it.effect("still finds apt on Debian when its database is gone", () =>
    Effect.gen(function* () {
      assert.lengthOf(yield* detected({ "/etc/os-release": debian }, dpkg, apt), 1)
    }),
  )

  it.effect(
    "reports the loss of what a distribution lives off, and gives each rpm database one manager",
    () =>
      Effect.gen(function* () {
        const families = [
          ["ID=fedora", "dnf"],
          ['ID="sles"', "zypper"],
          ["ID=opensuse-leap", "zypper"],
          ["ID=arch", "pacman"],
          ["ID=alpine", "apk"],
        ] as const
        for (const [release, id] of families) {
          const pacman = when("pacman --version", " .--. Pacman v7.0.0 - libalpm v15.0.0\n")
          const states = yield* detected({ "/etc/os-release": release }, pacman)
          assert.deepEqual(
            states.map((state) => state.id),
            [id],
          )
        }
      }),
  )

  it.effect("finds nothing where nothing is", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* detected(host(debian)), [])
    }),
  )

  describe("databaseStamp", () => {
    const stamp = (info: Partial<FileSystem.File.Info> | undefined) =>
      Effect.flatMap(PackageManagers, ({ databaseStamp }) => databaseStamp).pipe(
        Effect.provide(
          HostPackageManagers.layer.pipe(
            Layer.provide(fakeSubprocess().layer),
            Layer.provide(
              FileSystem.layerNoop(
                info === undefined ? {} : { stat: () => Effect.succeed({ ...file, ...info }) },
              ),
            ),
          ),
        ),
      )
    const file: FileSystem.File.Info = {
      type: "File",
      mtime: Option.some(new Date(1000)),
      atime: Option.none(),
      birthtime: Option.none(),
      dev: 1n,
      ino: Option.some(7n),
      mode: 0o644,
      nlink: Option.none(),
      uid: Option.none(),
      gid: Option.none(),
      rdev: Option.none(),
      size: ByteSize.bytes(10),
      blksize: Option.none(),
      blocks: Option.none(),
    }

    it.effect("changes with the database's inode, size and time", () =>
      Effect.gen(function* () {
        const first = yield* stamp({})
        assert.strictEqual(yield* stamp({}), first)
        assert.notStrictEqual(yield* stamp({ ino: Option.some(8n) }), first)
        assert.notStrictEqual(yield* stamp({ size: ByteSize.bytes(11) }), first)
        assert.notStrictEqual(yield* stamp({ mtime: Option.some(new Date(1001)) }), first)
      }),
    )

    it.effect("is empty without a database", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* stamp(undefined), "")
      }),
    )
  })
})
